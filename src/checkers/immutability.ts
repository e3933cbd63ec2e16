import { formatInteger } from '../base/units.js';
import type { Checker, CheckResult } from '../contracts/checker.js';
import { NO_STAMP, OPERATION_KINDS, type WriterHistory } from '../contracts/history.js';
import { type HistoryIndex, type IndexedStream, type IndexedWriter, indexOf } from './history-index.js';
import { mergeReads } from './merged-reads.js';
import { isClaim, PAGE_OPERATIONS } from './operation-columns.js';
import { PlaceSet } from './place-set.js';
import { ReadFinder } from './read-finder.js';
import { counted, gaveUp, messagesIn, withDoubts } from './read-problems.js';
import { Sightings } from './sightings.js';
import { duringFaults, sinceStart } from './story-parts.js';
import { tellStory } from './tell-story.js';

const KINDS = {
  acknowledged: { name: 'acknowledged where something else stands', meaning: 'violation' },
  stored: { name: 'stored differently', meaning: 'violation' },
  delivered: { name: 'delivered as something else', meaning: 'violation' },
  got: { name: 'got as something else', meaning: 'violation' },
} as const;

const DELIVER = OPERATION_KINDS.indexOf('deliver');
const GET = OPERATION_KINDS.indexOf('get');

/** Deliveries of messages that nobody read and that their own writer was not acknowledged: no more are held in memory. */
const MOST_OPEN = 100_000;

interface Stamp {
  readonly writer: number;
  readonly sequence: number;
}

/** A read of a stream, or of one node's store of it. */
interface View {
  readonly name: string;
  readonly finder: ReadFinder;
}

/** A delivery or a get of which no read tells whether it is right. */
interface OpenClaim extends Stamp {
  readonly kind: 'got' | 'delivered';
  readonly stream: IndexedStream;
  readonly place: number;
  readonly by: WriterHistory;
  readonly atNs: number;
}

/** One stream sequence, one payload, for ever and for everybody. */
export const immutability: Checker = {
  name: 'immutability',
  summary: 'what stands at a stream sequence is the same for ever and for everybody',
  judges: ['publish', 'put', 'compare-and-set', 'get', 'deliver'],
  needs: ['reads', 'replicas'],
  check: (history) => new Immutability(indexOf(history)).result(),
};

class Immutability {
  readonly #index: HistoryIndex;
  readonly #found: Sightings<keyof typeof KINDS>;
  /** By stream: its read, then its replicas'. */
  readonly #views: readonly (readonly View[])[];
  readonly #open: OpenClaim[] = [];
  /** By stream: the sequences of which two things are told. */
  readonly #torn: readonly PlaceSet[];
  #tornCount = 0;
  /** Claims that another one was held against. */
  #compared = 0;
  #notCompared = 0;

  constructor(index: HistoryIndex) {
    this.#index = index;
    this.#found = new Sightings(index.history, KINDS);
    this.#views = index.streams.map(({ name, read, replicas }) => [
      ...(read === undefined ? [] : [{ name, finder: new ReadFinder(read) }]),
      ...replicas.map((replica) => ({ name: `${name} on ${replica.node}`, finder: new ReadFinder(replica) })),
    ]);
    this.#torn = index.streams.map(() => new PlaceSet());
    for (const stream of index.streams) this.#judgeStored(stream);
    const claimed = index.streams.map(() => new PlaceSet());
    for (const writer of index.writers) this.#judgeAcknowledged(writer, claimed);
    for (const writer of index.history.writers) {
      if (writer.kinds.some((kind) => kind === 'deliver' || kind === 'get')) this.#judgeSeen(writer);
    }
    if (this.#open.length > 0) this.#judgeOpen();
  }

  #judgeStored(stream: IndexedStream): void {
    const reads = [...(stream.read === undefined ? [] : [stream.read]), ...stream.replicas];
    if (reads.length < 2) return;
    const names = [
      ...(stream.read === undefined ? [] : ['the read']),
      ...stream.replicas.map(({ node }) => node),
    ];
    mergeReads(reads, (place, cursors) => {
      let first = -1;
      let held = 0;
      let other = -1;
      for (let i = 0; i < cursors.length; i++) {
        if (cursors[i]!.place !== place) continue;
        held++;
        if (first < 0) first = i;
        else if (other < 0 && !cursors[i]!.agreesWith(cursors[first]!)) other = i;
      }
      if (held > 1) this.#compared++;
      if (other < 0) return;
      this.#tear(stream, place);
      const { writer, sequence } = cursors[first]!;
      const what = `${stream.name} sequence ${formatInteger(place)} is ${this.#named(cursors[first]!)} in ${names[first]} and ${this.#named(cursors[other]!)}${cursors[first]!.digest === cursors[other]!.digest ? '' : ' with another payload'} in ${names[other]}`;
      const indexed = this.#index.writerOf[writer];
      const isKnown = indexed !== undefined && indexed.columns.flags(sequence) !== 0;
      const atNs = isKnown ? indexed.columns.atNs(sequence) : this.#index.history.startNs;
      this.#found.add('stored', atNs, () =>
        isKnown ? tellStory(this.#index, indexed, sequence, what) : what,
      );
    });
  }

  #judgeAcknowledged(writer: IndexedWriter, claimed: readonly PlaceSet[]): void {
    const { columns, streamOfSubject, history } = writer;
    for (const page of columns.pages) {
      if (page === undefined) continue;
      for (let i = 0; i < PAGE_OPERATIONS; i++) {
        const place = page.streamSequence[i]!;
        if (!isClaim(page.flags[i]!) || place === 0) continue;
        const stream = this.#index.streams[streamOfSubject[page.subject[i]!]!];
        if (stream === undefined) continue;
        const sequence = page.first + i;
        const isFirst = claimed[stream.id]!.add(place);
        if (!isFirst) this.#compared++;
        const other = this.#otherThere(stream, place, history.writer, sequence);
        if (isFirst && other === undefined) continue;
        this.#tear(stream, place);
        const holds = other === undefined ? '' : this.#named(other.finder);
        this.#found.add('acknowledged', columns.atNs(sequence), () =>
          tellStory(
            this.#index,
            writer,
            sequence,
            other === undefined
              ? 'as another write had been acknowledged'
              : `where ${other.name} holds ${holds}`,
          ),
        );
      }
    }
  }

  /** The read or replica that holds something else at this place than this write. */
  #otherThere({ id }: IndexedStream, place: number, writer: number, sequence: number): View | undefined {
    const views = this.#views[id]!;
    for (let i = 0; i < views.length; i++) {
      const { finder } = views[i]!;
      if (!finder.find(place)) continue;
      this.#compared++;
      if (finder.writer !== writer || finder.sequence !== sequence) return views[i];
    }
    return undefined;
  }

  #judgeSeen(by: WriterHistory): void {
    const { history, streamNamed } = this.#index;
    const streams = by.subjects.map(
      (subject) =>
        streamNamed.get(subject.split(' > ')[0]!) ?? streamNamed.get(history.streamOf(subject) ?? ''),
    );
    for (const { count, kind, subject, streamSequence, valueWriter, valueSequence, doneNs } of by.blocks()) {
      for (let i = 0; i < count; i++) {
        if ((kind[i] !== DELIVER && kind[i] !== GET) || valueSequence[i] === NO_STAMP) continue;
        const place = streamSequence[i]!;
        const stream = streams[subject[i]!];
        if (place === 0 || stream === undefined) continue;
        const writer = valueWriter[i]!;
        const sequence = valueSequence[i]!;
        const there = this.#views[stream.id]!.find(({ finder }) => finder.find(place))?.finder;
        if (there !== undefined) {
          this.#compared++;
          if (there.writer === writer && there.sequence === sequence) continue;
          const claim = { kind: kind[i] === GET ? 'got' : 'delivered', stream, place, by } as const;
          this.#addSeen({ ...claim, writer, sequence, atNs: doneNs[i]! }, there);
        } else if (this.#wasAcknowledgedThere(stream, place, writer, sequence)) this.#compared++;
        else if (this.#open.length === MOST_OPEN) this.#notCompared++;
        else {
          const claim = { kind: kind[i] === GET ? 'got' : 'delivered', stream, place, by } as const;
          this.#open.push({ ...claim, writer, sequence, atNs: doneNs[i]! });
        }
      }
    }
  }

  #wasAcknowledgedThere({ id }: IndexedStream, place: number, writer: number, sequence: number): boolean {
    const indexed = this.#index.writerOf[writer];
    if (indexed === undefined || !isClaim(indexed.columns.flags(sequence))) return false;
    const { columns, streamOfSubject } = indexed;
    return columns.place(sequence) === place && streamOfSubject[columns.subject(sequence)] === id;
  }

  /** Holds those that nobody read against whoever was acknowledged there. */
  #judgeOpen(): void {
    const wanted = this.#index.streams.map(() => new Map<number, Stamp | undefined>());
    for (const { stream, place } of this.#open) wanted[stream.id]!.set(place, undefined);
    for (const { columns, streamOfSubject, history } of this.#index.writers) {
      for (const page of columns.pages) {
        if (page === undefined) continue;
        for (let i = 0; i < PAGE_OPERATIONS; i++) {
          if (!isClaim(page.flags[i]!)) continue;
          const places = wanted[streamOfSubject[page.subject[i]!]!];
          const place = page.streamSequence[i]!;
          if (places?.has(place)) places.set(place, { writer: history.writer, sequence: page.first + i });
        }
      }
    }
    for (const claim of this.#open) {
      const there = wanted[claim.stream.id]!.get(claim.place);
      if (there === undefined) continue;
      this.#compared++;
      this.#addSeen(claim, there);
    }
  }

  #tear({ id }: IndexedStream, place: number): void {
    if (this.#torn[id]!.add(place)) this.#tornCount++;
  }

  #addSeen(claim: OpenClaim, { writer, sequence }: Stamp): void {
    const { kind, stream, place, by, atNs } = claim;
    const { history } = this.#index;
    this.#tear(stream, place);
    this.#found.add(kind, atNs, () => {
      const when = sinceStart(atNs, history) + duringFaults(atNs, atNs, history);
      return `${when}: ${stream.name} sequence ${formatInteger(place)} was ${kind} by ${by.load}/${by.writer} as ${this.#named(claim)}, and is ${this.#named({ writer, sequence })}`;
    });
  }

  #named({ writer, sequence }: Stamp): string {
    const load = this.#index.writerOf[writer]?.history.load ?? 'writer';
    return `${load}/${writer} #${formatInteger(sequence)}`;
  }

  result(): CheckResult {
    const { history } = this.#index;
    const found = this.#found;
    const doubts = [
      ...(messagesIn([...history.reads, ...history.replicas]) === 0 ? ['nothing was read back'] : []),
      ...(this.#compared === 0 ? ['nothing told twice what stands at a sequence'] : []),
      ...gaveUp([...history.reads, ...history.replicas]),
      ...(this.#notCompared > 0
        ? [`${counted(this.#notCompared, 'delivery', 'deliveries')} were not compared`]
        : []),
    ];
    const { counts } = found;
    const kinds = (Object.keys(KINDS) as (keyof typeof KINDS)[]).filter((kind) => counts[kind] > 0);
    const sentence = [
      found.violations > 0
        ? `${counted(this.#tornCount, 'sequence has', 'sequences have')} more than one payload`
        : `no sequence has more than one payload (${counted(this.#compared, 'comparison')})`,
      ...kinds.map((kind) => `${formatInteger(counts[kind])} ${KINDS[kind].name}`),
    ].join('; ');
    return {
      name: immutability.name,
      verdict: found.violations > 0 ? 'fail' : doubts.length > 0 ? 'unknown' : 'pass',
      sentence: withDoubts(sentence, doubts),
      counts: { compared: this.#compared, ...counts },
      sets: found.sets,
      examples: found.examples,
    };
  }
}
