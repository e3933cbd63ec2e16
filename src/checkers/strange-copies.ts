import type { HistoryIndex, IndexedStream } from './history-index.js';
import { FLAG } from './operation-columns.js';
import type { ReadPresence } from './read-presence.js';

const known = new WeakMap<ReadPresence, Float64Array>();

/**
 * How many stamped messages a read holds behind a place of which no history tells the subject: of loads that keep none, of
 * other runs, of a history that was cut short, of another stream's writes. Each may have pushed out what stood at that place.
 */
export function strangeCopiesAfter(
  index: HistoryIndex,
  stream: IndexedStream,
  presence: ReadPresence,
  place: number,
): number {
  let places = known.get(presence);
  if (places === undefined) {
    places = findPlaces(index, stream, presence);
    known.set(presence, places);
  }
  let low = 0;
  for (let high = places.length; low < high; ) {
    const middle = (low + high) >>> 1;
    if (places[middle]! > place) high = middle;
    else low = middle + 1;
  }
  return places.length - low;
}

/** In ascending order. */
function findPlaces({ writerOf }: HistoryIndex, { id }: IndexedStream, { read }: ReadPresence): Float64Array {
  const places: number[] = [];
  for (const { count, baseSequence, offset, writer, sequence } of read.blocks) {
    for (let i = 0; i < count; i++) {
      const indexed = writerOf[writer[i]!];
      const columns = indexed?.columns;
      const isWrite = columns !== undefined && (columns.flags(sequence[i]!) & FLAG.write) !== 0;
      if (isWrite && indexed!.streamOfSubject[columns.subject(sequence[i]!)] === id) continue;
      places.push(baseSequence + offset[i]!);
    }
  }
  return Float64Array.from(places).sort();
}
