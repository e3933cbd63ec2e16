import { formatInteger } from '../base/units.js';
import type { Checker, CheckResult } from '../contracts/checker.js';
import { evictionsOf } from './evictions.js';
import { type HistoryIndex, type IndexedStream, type IndexedWriter, indexOf } from './history-index.js';
import { FLAG, isAcknowledged, PAGE_OPERATIONS } from './operation-columns.js';
import { ReadFinder } from './read-finder.js';
import { covers, presenceIn, type ReadPresence } from './read-presence.js';
import { cutShort, gaveUp, messagesIn, withDoubts } from './read-problems.js';
import type { SequenceSet } from './sequence-set.js';
import { Sightings } from './sightings.js';
import { lastSeen, tellStory } from './tell-story.js';

const KINDS = {
  lost: { name: 'lost', meaning: 'violation' },
  failedButRead: { name: 'refused, and read', meaning: 'violation' },
  notReached: { name: 'not reached', meaning: 'doubt' },
  perhapsEvicted: { name: 'perhaps evicted', meaning: 'doubt' },
  evicted: { name: 'evicted', meaning: 'allowed' },
} as const;

/** How an acknowledged write was lost: before what was read of its writer, between, or after it. */
type Loss = 'prefix' | 'middle' | 'postfix';
type Fate = Loss | 'notReached' | 'evicted' | 'perhapsEvicted';

/** What was read of a stream, as one writer looks at it. */
interface StreamView {
  readonly stream: IndexedStream | undefined;
  readonly presence: ReadPresence | undefined;
  readonly own: SequenceSet | undefined;
  readonly replicas: readonly {
    readonly node: string;
    readonly presence: ReadPresence;
    readonly own: SequenceSet | undefined;
  }[];
}

const NO_VIEW: StreamView = { stream: undefined, presence: undefined, own: undefined, replicas: [] };

/** Nothing that was acknowledged is missing, and nothing that certainly did not happen is there. */
export const ackedLoss: Checker = {
  name: 'acked-loss',
  summary: 'every acknowledged event can be read back, and none that was refused',
  judges: ['publish', 'put', 'compare-and-set'],
  needs: ['reads', 'replicas', 'streams', 'consumers'],
  check: (history) => new AckedLoss(indexOf(history)).result(),
};

class AckedLoss {
  readonly #index: HistoryIndex;
  readonly #found: Sightings<keyof typeof KINDS>;
  readonly #messages: number;
  readonly #how = { prefix: 0, middle: 0, postfix: 0 };
  readonly #missingOn = new Map<string, number>();
  #acknowledged = 0;
  #unknownButRead = 0;
  #read = 0;

  constructor(index: HistoryIndex) {
    this.#index = index;
    this.#found = new Sightings(index.history, KINDS);
    this.#messages = messagesIn(index.history.reads);
    for (const { node } of index.history.replicas) this.#missingOn.set(node, 0);
    for (const writer of index.writers) this.#judgeWriter(writer);
  }

  #judgeWriter(writer: IndexedWriter): void {
    const { columns, streamOfSubject, history } = writer;
    const views = new Map([...new Set(streamOfSubject)].map((id) => [id, this.#viewOf(history.writer, id)]));
    let lastId: number | undefined;
    let view = NO_VIEW;
    for (const page of columns.pages) {
      if (page === undefined) continue;
      for (let i = 0; i < PAGE_OPERATIONS; i++) {
        const flags = page.flags[i]!;
        if ((flags & FLAG.write) === 0) continue;
        const id = streamOfSubject[page.subject[i]!]!;
        if (id !== lastId) {
          view = views.get(id) ?? NO_VIEW;
          lastId = id;
        }
        const { stream, presence, own, replicas } = view;
        const sequence = page.first + i;
        const isRead = own?.has(sequence) ?? false;
        if (isRead) this.#read++;
        if (isAcknowledged(flags)) {
          this.#acknowledged++;
          if (!isRead) this.#judgeMissing(writer, sequence, stream, presence);
          for (let j = 0; j < replicas.length; j++) {
            const replica = replicas[j]!;
            if (!(replica.own?.has(sequence) ?? false))
              this.#countMissing(writer, sequence, stream!, replica.node, replica.presence);
          }
        } else if (isRead) this.#judgeUnacknowledged(writer, sequence, flags, stream, presence);
      }
    }
  }

  #viewOf(writer: number, streamId: number): StreamView {
    const stream = this.#index.streams[streamId];
    if (stream === undefined) return NO_VIEW;
    const presence = stream.read && presenceIn(this.#index, stream, stream.read);
    return {
      stream,
      presence,
      own: presence?.ofWriter[writer]?.writes,
      replicas: stream.replicas.map((replica) => {
        const presence = presenceIn(this.#index, stream, replica);
        return { node: replica.node, presence, own: presence.ofWriter[writer]?.writes };
      }),
    };
  }

  #judgeUnacknowledged(
    writer: IndexedWriter,
    sequence: number,
    flags: number,
    stream: IndexedStream | undefined,
    presence: ReadPresence | undefined,
  ): void {
    if ((flags & FLAG.outcome) === FLAG.unknown) this.#unknownButRead++;
    else
      this.#found.add('failedButRead', writer.columns.atNs(sequence), () =>
        this.#tell(writer, sequence, stream, presence),
      );
  }

  #judgeMissing(
    writer: IndexedWriter,
    sequence: number,
    stream: IndexedStream | undefined,
    presence: ReadPresence | undefined,
  ): void {
    if (isDuplicateOfOne(writer, sequence, presence)) return;
    const fate = this.#fateOf(writer, sequence, stream, presence);
    const atNs = writer.columns.atNs(sequence);
    if (fate === 'notReached' || fate === 'evicted' || fate === 'perhapsEvicted') {
      this.#found.add(fate, atNs);
      return;
    }
    this.#how[fate]++;
    this.#found.add('lost', atNs, () => this.#tell(writer, sequence, stream, presence));
  }

  #fateOf(
    writer: IndexedWriter,
    sequence: number,
    stream: IndexedStream | undefined,
    presence: ReadPresence | undefined,
  ): Fate {
    if (stream === undefined || presence === undefined) return 'notReached';
    // No limit of a stream removes the stream.
    if (presence.read.gone) return 'prefix';
    const place = writer.columns.place(sequence);
    if (this.#messages === 0 || !covers(presence, place)) return 'notReached';
    const eviction = evictionsOf(this.#index, stream).judge(presence, writer, sequence, place);
    if (eviction !== 'no') return eviction === 'evicted' ? 'evicted' : 'perhapsEvicted';
    const own = presence.ofWriter[writer.history.writer];
    if (own === undefined || sequence < own.lowest) return 'prefix';
    return sequence > own.highest ? 'postfix' : 'middle';
  }

  #countMissing(
    writer: IndexedWriter,
    sequence: number,
    stream: IndexedStream,
    node: string,
    presence: ReadPresence,
  ): void {
    const place = writer.columns.place(sequence);
    if (!covers(presence, place) || isDuplicateOfOne(writer, sequence, presence)) return;
    if (
      !presence.read.gone &&
      evictionsOf(this.#index, stream).judge(presence, writer, sequence, place) !== 'no'
    )
      return;
    this.#missingOn.set(node, this.#missingOn.get(node)! + 1);
  }

  #tell(
    writer: IndexedWriter,
    sequence: number,
    stream: IndexedStream | undefined,
    presence: ReadPresence | undefined,
  ): string {
    return tellStory(
      this.#index,
      writer,
      sequence,
      lastSeen(this.#index, writer, sequence, stream, presence),
    );
  }

  result(): CheckResult {
    const found = this.#found;
    const doubts = this.#doubts();
    const { lost, failedButRead, ...others } = found.counts;
    return {
      name: ackedLoss.name,
      verdict: found.violations > 0 ? 'fail' : doubts.length > 0 ? 'unknown' : 'pass',
      sentence: this.#sentence(lost, failedButRead, others.evicted, doubts),
      counts: {
        acknowledged: this.#acknowledged,
        lost,
        ...this.#how,
        ...others,
        unknownButRead: this.#unknownButRead,
        failedButRead,
        read: this.#read,
        ...Object.fromEntries([...this.#missingOn].map(([node, count]) => [`missing on ${node}`, count])),
      },
      sets: found.sets,
      examples: found.examples,
    };
  }

  /** Why nothing lost would still not mean that nothing was. */
  #doubts(): string[] {
    const { history, streams } = this.#index;
    if (this.#acknowledged === 0) return ['no operation was acknowledged'];
    const isGone = history.reads.some(({ gone }) => gone);
    if (this.#messages === 0 && !isGone) return ['nothing was read back', ...gaveUp(history.reads)];
    const doubts = cutShort(history);
    const { notReached, perhapsEvicted } = this.#found.counts;
    if (notReached > 0)
      doubts.push(`${formatInteger(notReached)} were not reached`, ...gaveUp(history.reads));
    if (perhapsEvicted > 0) {
      const limits = new Set(streams.flatMap((stream) => evictionsOf(this.#index, stream).limits.names));
      doubts.push(
        `${formatInteger(perhapsEvicted)} are gone from streams whose limits may have removed them (${[...limits].join(', ')})`,
      );
    }
    return doubts;
  }

  /** A stream that has vanished is certain: it is said before what is open. */
  #sentence(lost: number, failedButRead: number, evicted: number, doubts: readonly string[]): string {
    const gone = this.#index.history.reads.filter((read) => read.gone).map(({ stream }) => stream);
    const vanished = gone.length > 0 ? [vanishedText(gone)] : [];
    const refused =
      failedButRead > 0
        ? [
            `${failedButRead === 1 ? '1 event that was' : `${formatInteger(failedButRead)} events that were`} refused can be read`,
          ]
        : [];
    if (this.#acknowledged === 0) {
      const open = 'no operation was acknowledged, so nothing can be said about loss';
      return [...vanished, ...refused, open].join('; ');
    }
    let loss = `${formatInteger(lost)} of ${formatInteger(this.#acknowledged)} acknowledged events lost`;
    if (lost > 0) {
      const where = (['prefix', 'middle', 'postfix'] as const).filter((how) => this.#how[how] > 0);
      loss += ` (${where.map((how) => `${formatInteger(this.#how[how])} ${how}`).join(', ')})`;
    }
    const missing = [...this.#missingOn].filter(([, count]) => count > 0);
    const others = [
      ...(evicted > 0 ? [`${formatInteger(evicted)} evicted by their stream's own limits`] : []),
      ...(missing.length > 0
        ? [missing.map(([node, count]) => `${formatInteger(count)} missing on ${node}`).join(', ')]
        : []),
      ...refused,
    ];
    const parts = doubts.length === 0 ? [loss, ...vanished, ...others] : [...vanished, loss, ...others];
    return withDoubts(parts.join('; '), doubts);
  }
}

const vanishedText = (streams: readonly string[]): string =>
  streams.length === 1
    ? `the stream ${streams[0]} has vanished`
    : `the streams ${streams.join(', ')} have vanished`;

/** The acknowledgement promised that there is such a message, which another one may have brought. */
function isDuplicateOfOne(
  { columns }: IndexedWriter,
  sequence: number,
  presence: ReadPresence | undefined,
): boolean {
  const isKnown = (columns.flags(sequence) & FLAG.duplicate) !== 0;
  return isKnown && presence !== undefined && new ReadFinder(presence.read).find(columns.place(sequence));
}
