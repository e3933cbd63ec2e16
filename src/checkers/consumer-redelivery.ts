import { formatDuration, formatInteger } from '../base/units.js';
import { type History, OUTCOMES } from '../contracts/history.js';
import { ACK, type ConsumerBook, type ConsumingWriter, DELIVER, NAK, TERM } from './consumer-book.js';
import type { ConsumerSightings } from './consumer-sightings.js';
import { tellDelivery } from './consumer-story.js';
import { wasTroubled } from './consumer-troubles.js';
import { PlaceSet } from './place-set.js';

const OK = OUTCOMES.indexOf('ok');

/** Deliveries and refusals of messages that were delivered more than once: columns. */
interface Again {
  readonly sequence: number[];
  readonly atNs: number[];
  /** Of a delivery: which of the message; 0 for a refusal. */
  readonly number: number[];
  /** When the server can have sent it at the earliest. */
  readonly earliestNs: number[];
}

/** A message comes again only when it may. */
export function judgeRedelivery(
  history: History,
  writers: readonly ConsumingWriter[],
  seen: ConsumerSightings,
): void {
  const again = new Map<ConsumerBook, Again>();
  for (const writer of writers) readInOrder(history, writer, again, seen);
  for (const [book, events] of again) judgeAgain(history, book, events, seen);
}

/** What one connection knows of one consumer, in the order of its history. */
class Connection {
  /** The latest time before which the server cannot have sent what comes next. */
  sentSinceNs = 0;
  confirmedTo = 0;

  constructor(readonly confirmed: PlaceSet) {}

  hasConfirmed(sequence: number): boolean {
    return sequence <= this.confirmedTo || this.confirmed.has(sequence);
  }
}

function readInOrder(
  history: History,
  { history: writer, books }: ConsumingWriter,
  again: Map<ConsumerBook, Again>,
  seen: ConsumerSightings,
): void {
  const queues = new Map<unknown, PlaceSet>();
  const connections = books.map((book) => {
    const key = book?.stream.isWorkQueue ? book.stream : book;
    const confirmed = queues.get(key) ?? new PlaceSet();
    queues.set(key, confirmed);
    return new Connection(confirmed);
  });
  for (const block of writer.blocks()) {
    const { count, kind, outcome, subject, streamSequence, sentNs, doneNs, detail } = block;
    for (let i = 0; i < count; i++) {
      const book = books[subject[i]!];
      const sequence = streamSequence[i]!;
      if (book === undefined || sequence === 0) continue;
      const connection = connections[subject[i]!]!;
      if (kind[i] === DELIVER) {
        deliver(history, book, connection, sequence, doneNs[i]!, detail[i]!, again, seen);
        continue;
      }
      if (kind[i] === NAK && sentNs[i]! > 0 && book.deliveries.get(sequence) > 1) {
        push(again, book, sequence, sentNs[i]!, 0, 0);
      }
      if (outcome[i] !== OK || doneNs[i] === 0) continue;
      connection.sentSinceNs = Math.max(connection.sentSinceNs, sentNs[i]!);
      if (kind[i] !== ACK && kind[i] !== TERM) continue;
      if (book.policy === 'all') connection.confirmedTo = Math.max(connection.confirmedTo, sequence);
      else connection.confirmed.add(sequence);
    }
  }
}

function deliver(
  history: History,
  book: ConsumerBook,
  connection: Connection,
  sequence: number,
  atNs: number,
  number: number,
  again: Map<ConsumerBook, Again>,
  seen: ConsumerSightings,
): void {
  const publishedNs = book.stream.publishedNs.get(sequence);
  connection.sentSinceNs = Math.max(connection.sentSinceNs, publishedNs);
  const earliestNs = connection.sentSinceNs;
  const tell = (why: string) => () => `${tellDelivery(history, book, sequence, number, atNs)}${why}`;
  const confirmedNs = book.confirmedNs.get(sequence);
  if (book.policy !== 'none' && confirmedNs < atNs) {
    const took = formatDuration(atNs - confirmedNs);
    if (connection.hasConfirmed(sequence) || earliestNs > confirmedNs) {
      seen.add('afterConfirmation', atNs, tell(`, ${took} after its acknowledgement was confirmed`));
    } else seen.add('onItsWay', atNs);
  }
  if (book.maxDeliver > 0 && number > book.maxDeliver) {
    seen.add('beyondMaxDeliver', atNs, tell(`, of ${formatInteger(book.maxDeliver)} at most`));
  }
  if (book.deliveries.get(sequence) > 1) push(again, book, sequence, atNs, number, earliestNs);
  else if (number > 1) seen.add('redelivered', atNs);
}

function push(
  again: Map<ConsumerBook, Again>,
  book: ConsumerBook,
  sequence: number,
  atNs: number,
  number: number,
  earliestNs: number,
): void {
  const events = again.get(book) ?? { sequence: [], atNs: [], number: [], earliestNs: [] };
  again.set(book, events);
  events.sequence.push(sequence);
  events.atNs.push(atNs);
  events.number.push(number);
  events.earliestNs.push(earliestNs);
}

/** One after the other, message by message: whether a delivery came before the one before it was over. */
function judgeAgain(history: History, book: ConsumerBook, events: Again, seen: ConsumerSightings): void {
  const { sequence, atNs, number } = events;
  // A refusal goes out as soon as what it refuses was read: at the same time it comes after.
  const rank = (event: number): number => number[event] || Number.POSITIVE_INFINITY;
  const order = Uint32Array.from(sequence, (_, i) => i).sort(
    (a, b) => sequence[a]! - sequence[b]! || atNs[a]! - atNs[b]! || Math.sign(rank(a) - rank(b)) || 0,
  );
  const waitNs = ackWaitNs(book);
  let before = -1;
  let isRefused = false;
  for (const event of order) {
    if (number[event] === 0) {
      isRefused = true;
      continue;
    }
    const isFirst = before < 0 || sequence[before] !== sequence[event];
    if (!isFirst || number[event]! > 1) seen.add('redelivered', atNs[event]!);
    if (!isFirst && !isRefused && book.policy !== 'none' && waitNs !== undefined) {
      judgeWait(history, book, events, before, event, waitNs, seen);
    }
    before = event;
    isRefused = false;
  }
}

function judgeWait(
  history: History,
  book: ConsumerBook,
  { sequence, atNs, number, earliestNs }: Again,
  before: number,
  event: number,
  waitNs: number,
  seen: ConsumerSightings,
): void {
  const tookNs = atNs[event]! - atNs[before]!;
  if (tookNs >= waitNs || wasTroubled(history, atNs[before]!, atNs[event]!)) return;
  // A new leader counts from when the message was stored.
  const sinceNs =
    book.config.num_replicas === 1 ? earliestNs[before]! : book.stream.publishedNs.get(sequence[event]!);
  // In a history that was cut short the refusal may be missing.
  if (sinceNs === 0 || atNs[event]! - sinceNs >= waitNs || !book.isComplete) {
    seen.add('earlyPerhaps', atNs[event]!);
    return;
  }
  seen.add('early', atNs[event]!, () => {
    const delivery = tellDelivery(history, book, sequence[event]!, number[event]!, atNs[event]!);
    return `${delivery}, ${formatDuration(tookNs)} after the one before, which nobody refused: ack-wait is ${formatDuration(waitNs)}`;
  });
}

/** The least time that an acknowledgement is waited for; `undefined` when nobody can say. */
function ackWaitNs({ config }: ConsumerBook): number | undefined {
  const { backoff, ack_wait } = config;
  if (Array.isArray(backoff) && backoff.length > 0) return Math.min(...backoff.map(Number));
  return typeof ack_wait === 'number' && ack_wait > 0 ? ack_wait : undefined;
}
