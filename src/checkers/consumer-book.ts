import { subjectMatches } from '../base/subjects.js';
import {
  type ConsumerFacts,
  type ConsumerLook,
  type History,
  OPERATION_KINDS,
  OUTCOMES,
  type StreamRead,
  type WriterHistory,
} from '../contracts/history.js';
import { PagedTable } from './paged-table.js';
import { PlaceSet } from './place-set.js';
import { limitsOf, type StreamLimits } from './stream-limits.js';

export const DELIVER = OPERATION_KINDS.indexOf('deliver');
export const ACK = OPERATION_KINDS.indexOf('ack');
export const NAK = OPERATION_KINDS.indexOf('nak');
export const TERM = OPERATION_KINDS.indexOf('term');
const WRITES = (['publish', 'put', 'compare-and-set'] as const).map((kind) => OPERATION_KINDS.indexOf(kind));
const OK = OUTCOMES.indexOf('ok');
const FAILED = OUTCOMES.indexOf('failed');

export type AckPolicy = 'explicit' | 'all' | 'none';

/** A stream that somebody consumes, and what is known of its messages by their sequence. */
export interface ConsumedStream {
  readonly name: string;
  readonly limits: StreamLimits;
  /** A limit may have removed what nobody has acknowledged yet. */
  readonly hasLimits: boolean;
  readonly isWorkQueue: boolean;
  readonly read: StreamRead | undefined;
  /** What the final read holds. */
  readonly present: PlaceSet;
  /** When each message was sent to it, monotonic ns, of those that were acknowledged to their writers; 0 for none. */
  readonly publishedNs: PagedTable;
  /** The highest sequence that anybody knows of it. */
  lastSequence: number;
}

/** When messages were acknowledged, by their sequence; Infinity for never. */
export interface AckTimes {
  get(sequence: number): number;
}

/** A consumer, and what became of its messages by their sequence. */
export interface ConsumerBook {
  /** `STREAM > CONSUMER`. */
  readonly name: string;
  readonly stream: ConsumedStream;
  readonly config: ConsumerFacts['config'];
  /** `undefined` when nobody could read how it is configured. */
  readonly policy: AckPolicy | undefined;
  /** Those that saw it, in the order of time. */
  readonly looks: readonly ConsumerLook[];
  /** False at the last look: whatever it had left, nobody can say. */
  readonly isThere: boolean;
  /** 0: without end. */
  readonly maxDeliver: number;
  /** The histories of all who read from it are complete. */
  readonly isComplete: boolean;
  /** How often each message was delivered. */
  readonly deliveries: PagedTable;
  /** The greatest number of a delivery of each message. */
  readonly lastNumber: PagedTable;
  /** When the first ack or term of a message was sent that may count. */
  readonly ackedNs: AckTimes;
  /** When the first ack or term of a message was confirmed; in a work queue, by whichever consumer. */
  readonly confirmedNs: AckTimes;
}

export interface ConsumingWriter {
  readonly history: WriterHistory;
  /** By subject of the writer: its consumer. */
  readonly books: readonly (ConsumerBook | undefined)[];
}

export interface ConsumerBooks {
  readonly books: readonly ConsumerBook[];
  readonly writers: readonly ConsumingWriter[];
}

type Draft = Omit<ConsumerBook, 'ackedNs' | 'confirmedNs'> & { ackedNs: PagedTable; confirmedNs: PagedTable };

/** An ordered one is made anew, with another name, whenever it misses something: the servers know none of this name. */
const ORDERED = /^ordered-/;

const consumes = ({ kinds }: WriterHistory): boolean =>
  kinds.some((kind) => kind === 'deliver' || kind === 'ack' || kind === 'nak' || kind === 'term');

/** Goes through all histories once. */
export function consumerBooks(history: History): ConsumerBooks {
  const streams = new Map<string, ConsumedStream>();
  const drafts = new Map<string, Draft>();
  const writers = history.writers.filter(consumes).map((writer) => ({
    history: writer,
    drafts: writer.subjects.map((subject) => draftCalled(subject, history, streams, drafts)),
  }));
  for (const writer of history.writers) notePublished(writer, history, streams);
  for (const { history: writer, drafts } of writers) noteConsumed(writer, drafts);
  shareConfirmed([...drafts.values()]);
  const books = new Map([...drafts.values()].map((draft) => [draft, finish(draft)]));
  return {
    books: [...books.values()],
    writers: writers.map(({ history, drafts }) => ({
      history,
      books: drafts.map((draft) => draft && books.get(draft)),
    })),
  };
}

function draftCalled(
  name: string,
  history: History,
  streams: Map<string, ConsumedStream>,
  drafts: Map<string, Draft>,
): Draft | undefined {
  const [streamName, consumer] = name.split(' > ');
  if (streamName === undefined || consumer === undefined) return undefined;
  const known = drafts.get(name);
  if (known !== undefined) return known;
  const stream = streams.get(streamName) ?? consumedStream(history, streamName);
  streams.set(streamName, stream);
  const facts = history.consumers.find((each) => each.stream === streamName && each.consumer === consumer);
  if (facts === undefined && ORDERED.test(consumer)) return undefined;
  const { config = {}, looks = [] } = facts ?? {};
  const draft: Draft = {
    name,
    stream,
    config,
    policy: ['explicit', 'all', 'none'].includes(String(config.ack_policy))
      ? (config.ack_policy as AckPolicy)
      : undefined,
    looks: looks.filter(({ exists }) => exists),
    isThere: looks.at(-1)?.exists === true,
    maxDeliver: Math.max(0, Number(config.max_deliver ?? 0) || 0),
    isComplete: history.writers.every(
      (writer) => writer.complete || !consumes(writer) || !writer.subjects.includes(name),
    ),
    deliveries: new PagedTable(0),
    lastNumber: new PagedTable(0),
    ackedNs: new PagedTable(Number.POSITIVE_INFINITY),
    confirmedNs: new PagedTable(Number.POSITIVE_INFINITY),
  };
  drafts.set(name, draft);
  return draft;
}

function consumedStream(history: History, name: string): ConsumedStream {
  const facts = history.streams.find(({ stream }) => stream === name);
  const limits = limitsOf(facts);
  const { maxAgeNs, maxMessages, maxBytes, maxPerSubject, hasMessageTtl, hasRollups, retention } = limits;
  const read = history.reads.find(({ stream }) => stream === name);
  const present = new PlaceSet();
  let lastSequence = 0;
  for (const look of facts?.looks ?? []) lastSequence = Math.max(lastSequence, look.lastSequence);
  for (const { count, baseSequence, offset } of read?.blocks ?? []) {
    for (let i = 0; i < count; i++) present.add(baseSequence + offset[i]!);
    if (count > 0) lastSequence = Math.max(lastSequence, baseSequence + offset[count - 1]!);
  }
  return {
    name,
    limits,
    hasLimits:
      maxAgeNs > 0 || maxMessages > 0 || maxBytes > 0 || maxPerSubject > 0 || hasMessageTtl || hasRollups,
    isWorkQueue: retention === 'workqueue',
    read,
    present,
    publishedNs: new PagedTable(0),
    lastSequence,
  };
}

function notePublished(
  writer: WriterHistory,
  history: History,
  streams: ReadonlyMap<string, ConsumedStream>,
): void {
  if (!writer.kinds.some((kind) => WRITES.includes(OPERATION_KINDS.indexOf(kind)))) return;
  const streamOf = writer.subjects.map((subject) => streams.get(history.streamOf(subject) ?? ''));
  if (streamOf.every((stream) => stream === undefined)) return;
  for (const { count, kind, outcome, subject, streamSequence, sentNs, detail } of writer.blocks()) {
    for (let i = 0; i < count; i++) {
      if (!isStored(kind[i]!, outcome[i]!, streamSequence[i]!, detail[i]!)) continue;
      const stream = streamOf[subject[i]!];
      if (stream === undefined) continue;
      stream.publishedNs.set(streamSequence[i]!, sentNs[i]!);
      if (streamSequence[i]! > stream.lastSequence) stream.lastSequence = streamSequence[i]!;
    }
  }
}

/** Whether an operation stored the message that its acknowledgement names. */
const isStored = (kind: number, outcome: number, sequence: number, detail: number): boolean =>
  outcome === OK && sequence > 0 && WRITES.includes(kind) && !(kind === WRITES[0] && detail === 1);

function noteConsumed(writer: WriterHistory, drafts: readonly (Draft | undefined)[]): void {
  for (const block of writer.blocks()) {
    const { count, kind, outcome, subject, streamSequence, sentNs, doneNs, detail } = block;
    for (let i = 0; i < count; i++) {
      const draft = drafts[subject[i]!];
      const sequence = streamSequence[i]!;
      if (draft === undefined || sequence === 0) continue;
      if (kind[i] === DELIVER) {
        const { deliveries, lastNumber } = draft;
        deliveries.set(sequence, deliveries.get(sequence) + 1);
        if (detail[i]! > lastNumber.get(sequence)) lastNumber.set(sequence, detail[i]!);
      } else if ((kind[i] === ACK || kind[i] === TERM) && outcome[i] !== FAILED && sentNs[i]! > 0) {
        if (sentNs[i]! < draft.ackedNs.get(sequence)) draft.ackedNs.set(sequence, sentNs[i]!);
        if (outcome[i] !== OK || doneNs[i] === 0) continue;
        if (doneNs[i]! < draft.confirmedNs.get(sequence)) draft.confirmedNs.set(sequence, doneNs[i]!);
      }
    }
  }
}

/** Of a work queue nobody gets again what anybody has acknowledged. */
function shareConfirmed(drafts: readonly Draft[]): void {
  const firstOf = new Map<ConsumedStream, Draft>();
  for (const draft of drafts) {
    if (!draft.stream.isWorkQueue) continue;
    const first = firstOf.get(draft.stream);
    if (first === undefined) {
      firstOf.set(draft.stream, draft);
      continue;
    }
    draft.confirmedNs.forEach((ns, sequence) => {
      if (ns < first.confirmedNs.get(sequence)) first.confirmedNs.set(sequence, ns);
    });
    draft.confirmedNs = first.confirmedNs;
  }
}

function finish(draft: Draft): ConsumerBook {
  if (draft.policy !== 'all') return draft;
  return { ...draft, ackedNs: upTo(draft.ackedNs), confirmedNs: upTo(draft.confirmedNs) };
}

/** With ack: all, an acknowledgement is one of every message up to its own. */
function upTo(times: PagedTable): AckTimes {
  const sequences: number[] = [];
  const ns: number[] = [];
  times.forEach((value, sequence) => {
    sequences.push(sequence);
    ns.push(value);
  });
  for (let i = ns.length - 2; i >= 0; i--) ns[i] = Math.min(ns[i]!, ns[i + 1]!);
  return {
    get(sequence) {
      let low = 0;
      let high = sequences.length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (sequences[middle]! >= sequence) high = middle;
        else low = middle + 1;
      }
      return ns[low] ?? Number.POSITIVE_INFINITY;
    },
  };
}

/** A message that was acknowledged to its writer, and that a consumer is to deliver. */
export interface SelectedMessage {
  readonly sequence: number;
  readonly sentNs: number;
  readonly doneNs: number;
  readonly writer: WriterHistory;
  /** The writer's own count. */
  readonly operation: number;
  readonly subject: string;
}

/** What a consumer is to deliver, in the order of the histories; the object is good for one call. */
export function eachSelected(
  history: History,
  { stream, config, looks }: ConsumerBook,
  visit: (message: SelectedMessage) => void,
): void {
  const filters = filtersOf(config);
  const fromSequence = Number(config.opt_start_seq ?? 0) || 0;
  const beginsAtOnce = config.deliver_policy === undefined || config.deliver_policy === 'all';
  const isBySequence = config.deliver_policy === 'by_start_sequence';
  // The others begin somewhere that the configuration does not say: before what was sent when they were there.
  const fromNs = beginsAtOnce || isBySequence ? 0 : (looks[0]?.atNs ?? Number.POSITIVE_INFINITY);
  const message = { sequence: 0, sentNs: 0, doneNs: 0, writer: undefined!, operation: 0, subject: '' } as {
    -readonly [Key in keyof SelectedMessage]: SelectedMessage[Key];
  };
  for (const writer of history.writers) {
    if (!writer.kinds.some((kind) => WRITES.includes(OPERATION_KINDS.indexOf(kind)))) continue;
    const isWanted = writer.subjects.map(
      (subject) =>
        history.streamOf(subject) === stream.name &&
        (filters.length === 0 || filters.some((filter) => subjectMatches(filter, subject))),
    );
    if (!isWanted.includes(true)) continue;
    message.writer = writer;
    for (const block of writer.blocks()) {
      const { count, kind, outcome, subject, streamSequence, sentNs, doneNs, detail, sequence } = block;
      for (let i = 0; i < count; i++) {
        const stored = streamSequence[i]!;
        if (!isWanted[subject[i]!] || !isStored(kind[i]!, outcome[i]!, stored, detail[i]!)) continue;
        if (sentNs[i]! <= fromNs || (isBySequence && stored < fromSequence)) continue;
        message.sequence = stored;
        message.sentNs = sentNs[i]!;
        message.doneNs = doneNs[i]!;
        message.operation = sequence[i]!;
        message.subject = writer.subjects[subject[i]!]!;
        visit(message);
      }
    }
  }
}

function filtersOf({ filter_subject, filter_subjects }: ConsumerFacts['config']): string[] {
  if (Array.isArray(filter_subjects) && filter_subjects.length > 0) return filter_subjects.map(String);
  return typeof filter_subject === 'string' && filter_subject !== '' ? [filter_subject] : [];
}

/** Whether the final read of a stream would hold a message, were it there. */
export const wasReadThrough = ({ read }: ConsumedStream, sequence: number): boolean =>
  read !== undefined && !read.gone && read.complete && sequence <= read.throughSequence;
