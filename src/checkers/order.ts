import { NS } from '../base/clock.js';
import { formatInteger } from '../base/units.js';
import type { Checker, CheckResult } from '../contracts/checker.js';
import { type HistoryIndex, type IndexedStream, type IndexedWriter, indexOf } from './history-index.js';
import { FLAG, isAcknowledged, isClaim } from './operation-columns.js';
import { ReadFinder } from './read-finder.js';
import { counted, gaveUp, messagesIn, withDoubts } from './read-problems.js';
import { SequenceSet } from './sequence-set.js';
import { Sightings } from './sightings.js';
import { tellStory } from './tell-story.js';

const KINDS = {
  afterAcknowledged: { name: 'behind one that was sent after their acknowledgement', meaning: 'violation' },
  pipelined: { name: 'behind one that was sent later over the same connection', meaning: 'violation' },
  pipelinedInElection: { name: 'behind a later one, while the leader may have changed', meaning: 'doubt' },
} as const;
type Kind = keyof typeof KINDS;

/** How long after a fault began a leader that lost its place, or what was sent to it, may still be under way. */
const ELECTION_NS = 10 * NS.s;

/** What was read of one writer so far, by its subjects. */
interface WriterOrder {
  readonly writer: IndexedWriter;
  /** Its first copies only. */
  readonly seen: SequenceSet;
  /** Writes of the subject that were seen, two at most. */
  readonly count: Uint8Array;
  readonly latestSentNs: Float64Array;
  /** Whose that is. */
  readonly latestSent: Float64Array;
  /** Of acknowledged publishes; −1 for none. */
  readonly highestSequence: Float64Array;
}

/** A writer's events to one subject stand in the stream in the order in which they were sent. */
export const order: Checker = {
  name: 'order',
  summary: "each writer's events to a subject stand in the stream in the order in which they were sent",
  judges: ['publish', 'put', 'compare-and-set'],
  needs: ['reads', 'streams'],
  check: (history) => new Order(indexOf(history)).result(),
};

class Order {
  readonly #index: HistoryIndex;
  readonly #found: Sightings<Kind>;
  /** Writes that had one before them to be held against. */
  #judged = 0;

  constructor(index: HistoryIndex) {
    this.#index = index;
    this.#found = new Sightings(index.history, KINDS);
    for (const stream of index.streams) if (stream.read !== undefined) this.#judgeStream(stream);
  }

  #judgeStream(stream: IndexedStream): void {
    const orders: (WriterOrder | undefined)[] = this.#index.writerOf.map(() => undefined);
    const finder = new ReadFinder(stream.read!);
    for (const { count, writer, sequence, baseSequence, offset } of stream.read!.blocks) {
      for (let i = 0; i < count; i++) {
        const number = writer[i]!;
        const indexed = this.#index.writerOf[number];
        if (indexed === undefined) continue;
        const flags = indexed.columns.flags(sequence[i]!);
        if ((flags & FLAG.write) === 0) continue;
        const subject = indexed.columns.subject(sequence[i]!);
        if (indexed.streamOfSubject[subject] !== stream.id) continue;
        let before = orders[number];
        if (before === undefined) orders[number] = before = nothingBefore(indexed);
        if (!before.seen.add(sequence[i]!)) continue;
        const named = isClaim(flags) ? indexed.columns.place(sequence[i]!) : 0;
        const isSecondCopy = named > 0 && named < baseSequence + offset[i]! && !finder.find(named);
        if (!isSecondCopy) this.#judge(before, subject, sequence[i]!, flags, stream);
      }
    }
  }

  #judge(before: WriterOrder, subject: number, sequence: number, flags: number, stream: IndexedStream): void {
    const { columns } = before.writer;
    const { count, latestSentNs, latestSent, highestSequence } = before;
    const sentNs = columns.sentNs(sequence);
    const isPipelined = isAcknowledged(flags) && (flags & (FLAG.publish | FLAG.duplicate)) === FLAG.publish;
    if (count[subject]! > 0) {
      this.#judged++;
      if (isAcknowledged(flags) && columns.doneNs(sequence) < latestSentNs[subject]!)
        this.#add('afterAcknowledged', before, sequence, latestSent[subject]!, stream);
      else if (isPipelined && highestSequence[subject]! > sequence) {
        const other = highestSequence[subject]!;
        const endNs = Math.max(columns.doneNs(sequence), columns.doneNs(other));
        const kind = this.#mayElect(stream, sentNs, endNs) ? 'pipelinedInElection' : 'pipelined';
        this.#add(kind, before, sequence, other, stream);
      }
    } else count[subject] = 1;
    if (sentNs > latestSentNs[subject]!) {
      latestSentNs[subject] = sentNs;
      latestSent[subject] = sequence;
    }
    if (isPipelined && sequence > highestSequence[subject]!) highestSequence[subject] = sequence;
  }

  #mayElect({ facts }: IndexedStream, fromNs: number, toNs: number): boolean {
    const { faults } = this.#index.history;
    const from = fromNs - ELECTION_NS;
    if (faults.some((fault) => fault.fromNs <= toNs && (fault.toNs === 0 || fault.toNs >= from))) return true;
    const looks = facts?.looks ?? [];
    return looks.some((look, i) => {
      const next = looks[i + 1];
      return next !== undefined && look.leader !== next.leader && look.atNs <= toNs && next.atNs >= from;
    });
  }

  #add(kind: Kind, { writer }: WriterOrder, sequence: number, other: number, stream: IndexedStream): void {
    this.#found.add(kind, writer.columns.atNs(sequence), () =>
      tellStory(
        this.#index,
        writer,
        sequence,
        `stands in ${stream.name} behind #${formatInteger(other)} of this writer, which was sent ${
          kind === 'afterAcknowledged' ? 'after it had been acknowledged' : 'later'
        }`,
      ),
    );
  }

  result(): CheckResult {
    const { history } = this.#index;
    const found = this.#found;
    const { counts } = found;
    const doubts: string[] = [];
    if (messagesIn(history.reads) === 0) doubts.push('nothing was read back');
    else if (this.#judged === 0) doubts.push('no writer has two events on one subject there');
    doubts.push(...gaveUp(history.reads));
    if (counts.pipelinedInElection > 0)
      doubts.push(
        `${formatInteger(counts.pipelinedInElection)} changed places while the leader may have changed`,
      );
    const parts = [
      `${formatInteger(found.violations)} of ${counted(this.#judged, 'event')} out of order`,
      ...(counts.afterAcknowledged > 0
        ? [`${formatInteger(counts.afterAcknowledged)} behind what was sent after their acknowledgement`]
        : []),
    ];
    return {
      name: order.name,
      verdict: found.violations > 0 ? 'fail' : doubts.length > 0 ? 'unknown' : 'pass',
      sentence: withDoubts(parts.join('; '), doubts),
      counts: { judged: this.#judged, ...counts },
      sets: found.sets,
      examples: found.examples,
    };
  }
}

function nothingBefore(writer: IndexedWriter): WriterOrder {
  const subjects = writer.history.subjects.length;
  return {
    writer,
    seen: new SequenceSet(writer.columns.highest),
    count: new Uint8Array(subjects),
    latestSentNs: new Float64Array(subjects),
    latestSent: new Float64Array(subjects),
    highestSequence: new Float64Array(subjects).fill(-1),
  };
}
