import { subjectMatches } from '../base/subjects.js';
import { OPERATION_KINDS, OUTCOMES, type StreamSpan, type WriterHistory } from '../contracts/history.js';

const OK = OUTCOMES.indexOf('ok');
/** Whose stream sequence is that of a message which the stream then had. */
const STORED = new Set(
  (['publish', 'put', 'compare-and-set'] as const).map((kind) => OPERATION_KINDS.indexOf(kind)),
);

/** The highest stream sequence that any of the writers had acknowledged, by stream. */
export function highestAcknowledged(
  streams: readonly StreamSpan[],
  writers: readonly WriterHistory[],
): ReadonlyMap<string, number> {
  const highest = new Map<string, number>();
  for (const writer of writers) {
    const streamOfSubject = writer.subjects.map(
      (subject) =>
        streams.find(({ subjects }) => subjects.some((filter) => subjectMatches(filter, subject)))?.stream,
    );
    const highestOfSubject = new Float64Array(writer.subjects.length);
    for (const { count, kind, outcome, subject, streamSequence } of writer.blocks()) {
      for (let i = 0; i < count; i++) {
        const at = subject[i]!;
        if (outcome[i] === OK && streamSequence[i]! > highestOfSubject[at]! && STORED.has(kind[i]!))
          highestOfSubject[at] = streamSequence[i]!;
      }
    }
    streamOfSubject.forEach((stream, at) => {
      if (stream !== undefined)
        highest.set(stream, Math.max(highest.get(stream) ?? 0, highestOfSubject[at]!));
    });
  }
  return highest;
}
