import type { StreamRead } from '../contracts/history.js';
import type { HistoryIndex, IndexedStream, IndexedWriter } from './history-index.js';
import { FLAG } from './operation-columns.js';
import { SequenceSet } from './sequence-set.js';

/** Which of one writer's writes were read, and between which of its sequences. */
export interface WriterPresence {
  readonly writes: SequenceSet;
  lowest: number;
  highest: number;
}

/** Which writes a read of a stream, or of one replica of it, holds: a bit each. */
export interface ReadPresence {
  readonly read: StreamRead;
  /** The lowest and the highest stream sequence with a stamp; Infinity and 0 when there is none. */
  readonly first: number;
  readonly reached: number;
  /** By the writer's number: of those who have a history, and something in the read. */
  readonly ofWriter: readonly (WriterPresence | undefined)[];
}

const presences = new WeakMap<StreamRead, ReadPresence>();

/** Made once for each read. Only writes to that stream count: its mirror does not make up for it. */
export function presenceIn(index: HistoryIndex, stream: IndexedStream, read: StreamRead): ReadPresence {
  let presence = presences.get(read);
  if (presence === undefined) {
    presence = findPresence(index, stream.id, read);
    presences.set(read, presence);
  }
  return presence;
}

export const holds = ({ ofWriter }: ReadPresence, writer: number, sequence: number): boolean =>
  ofWriter[writer]?.writes.has(sequence) ?? false;

/** Whether what the read does not hold at this place would be there, if the stream had it; 0 is a place not known. */
export function covers({ read, reached }: ReadPresence, place: number): boolean {
  return read.gone || (place > 0 && place <= reached) || (read.complete && place <= read.throughSequence);
}

function findPresence({ writerOf }: HistoryIndex, streamId: number, read: StreamRead): ReadPresence {
  const ofWriter: (WriterPresence | undefined)[] = writerOf.map(() => undefined);
  let first = Number.POSITIVE_INFINITY;
  let reached = 0;
  let lastWriter = -1;
  let indexed: IndexedWriter | undefined;
  let presence: WriterPresence | undefined;
  for (const block of read.blocks) {
    for (let i = 0; i < block.count; i++) {
      const place = block.baseSequence + block.offset[i]!;
      if (place > reached) reached = place;
      if (place < first) first = place;
      const writer = block.writer[i]!;
      if (writer !== lastWriter) {
        lastWriter = writer;
        indexed = writerOf[writer];
        presence = ofWriter[writer];
      }
      if (indexed === undefined) continue;
      const sequence = block.sequence[i]!;
      const { columns, streamOfSubject } = indexed;
      if ((columns.flags(sequence) & FLAG.write) === 0) continue;
      if (streamOfSubject[columns.subject(sequence)] !== streamId) continue;
      if (presence === undefined) {
        presence = { writes: new SequenceSet(columns.highest), lowest: sequence, highest: sequence };
        ofWriter[writer] = presence;
      }
      presence.writes.add(sequence);
      if (sequence > presence.highest) presence.highest = sequence;
      else if (sequence < presence.lowest) presence.lowest = sequence;
    }
  }
  return { read, first, reached, ofWriter };
}
