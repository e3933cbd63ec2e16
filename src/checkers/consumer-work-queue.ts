import type { History } from '../contracts/history.js';
import { type ConsumerBook, eachSelected, wasReadThrough } from './consumer-book.js';
import type { ConsumerSightings } from './consumer-sightings.js';
import { tellSelected } from './consumer-story.js';
import { PlaceSet } from './place-set.js';

/** What leaves a work queue was processed: somebody has acknowledged it. */
export function judgeWorkQueue(
  history: History,
  books: readonly ConsumerBook[],
  seen: ConsumerSightings,
): void {
  const judged = new PlaceSet();
  for (const book of books) {
    const { stream } = book;
    if (!book.isComplete) continue;
    eachSelected(history, book, (message) => {
      const { sequence, doneNs } = message;
      // What was never delivered is judged as such.
      if (book.deliveries.get(sequence) === 0 || !judged.add(sequence)) return;
      if (books.some(({ ackedNs }) => Number.isFinite(ackedNs.get(sequence)))) return;
      const isGone = wasReadThrough(stream, sequence) && !stream.present.has(sequence);
      if (
        !isGone ||
        stream.hasLimits ||
        (book.maxDeliver > 0 && book.lastNumber.get(sequence) >= book.maxDeliver)
      ) {
        seen.add('left', doneNs);
        return;
      }
      const kept = { ...message };
      seen.add('unprocessed', doneNs, () => {
        return `${tellSelected(history, book, kept)}, delivered by ${book.name}, acknowledged by nobody, and gone`;
      });
    });
  }
}
