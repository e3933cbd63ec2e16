import type { History, StreamRead, WriterHistory } from '../contracts/history.js';
import { SequenceSet } from './sequence-set.js';

/** Between which of its own sequences a writer's operations were read from one stream. */
export interface ReadSpan {
  lowest: number;
  highest: number;
}

export interface IndexedRead {
  readonly read: StreamRead;
  /** The highest stream sequence that was read of this run; what lies beyond was not reached by an incomplete read. */
  readonly reachedSequence: number;
  readonly spanOfWriter: ReadonlyMap<number, ReadSpan>;
}

/** What was read back, so that each operation can be looked up. Takes a bit an operation. */
export interface ReadIndex {
  /** Which of a writer's operations were read, from whichever stream. */
  readonly ofWriter: ReadonlyMap<number, SequenceSet>;
  readonly ofStream: ReadonlyMap<string, IndexedRead>;
  /** Messages with a stamp, in all reads. */
  readonly messages: number;
  /** Messages that name a writer or a sequence that no history knows. */
  readonly unexpected: number;
}

export function indexReads({ writers, reads }: History): ReadIndex {
  const ofWriter = new Map(
    writers.map((writer) => [writer.writer, new SequenceSet(Math.max(0, highestSequence(writer)))]),
  );
  const ofStream = new Map<string, IndexedRead>();
  let messages = 0;
  let unexpected = 0;
  for (const read of reads) {
    const spanOfWriter = new Map<number, ReadSpan>();
    let reachedSequence = 0;
    for (const block of read.blocks) {
      for (let i = 0; i < block.count; i++) {
        const writer = block.writer[i]!;
        const sequence = block.sequence[i]!;
        reachedSequence = Math.max(reachedSequence, block.baseSequence + block.offset[i]!);
        const known = ofWriter.get(writer);
        // A sequence beyond the writer's own is no reason to make room for it.
        if (known === undefined || sequence > known.highest) {
          unexpected++;
          continue;
        }
        known.add(sequence);
        const span = spanOfWriter.get(writer);
        if (span === undefined) spanOfWriter.set(writer, { lowest: sequence, highest: sequence });
        else if (sequence > span.highest) span.highest = sequence;
        else if (sequence < span.lowest) span.lowest = sequence;
      }
    }
    messages += read.count;
    ofStream.set(read.stream, { read, reachedSequence, spanOfWriter });
  }
  return { ofWriter, ofStream, messages, unexpected };
}

/** −1 when there is none. */
function highestSequence(writer: WriterHistory): number {
  let highest = -1;
  for (const { count, sequence } of writer.blocks()) {
    for (let i = 0; i < count; i++) if (sequence[i]! > highest) highest = sequence[i]!;
  }
  return highest;
}
