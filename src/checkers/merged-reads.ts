import type { StreamRead } from '../contracts/history.js';
import { ReadCursor } from './read-cursor.js';

/**
 * Goes through several reads of one stream side by side, place by place: `visit` is told each place that one of them holds,
 * and finds those who hold it by their cursors standing there.
 */
export function mergeReads(
  reads: readonly StreamRead[],
  visit: (place: number, cursors: readonly ReadCursor[]) => void,
): void {
  const cursors = reads.map((read) => new ReadCursor(read));
  for (const cursor of cursors) cursor.next();
  for (;;) {
    let place = Number.POSITIVE_INFINITY;
    for (let i = 0; i < cursors.length; i++) if (cursors[i]!.place < place) place = cursors[i]!.place;
    if (place === Number.POSITIVE_INFINITY) return;
    visit(place, cursors);
    for (let i = 0; i < cursors.length; i++) if (cursors[i]!.place === place) cursors[i]!.next();
  }
}
