import { NS } from '../base/clock.js';
import type { StreamLook } from '../contracts/history.js';
import { acksOf, type ConsumerAcks, type StreamAcks } from './consumer-acks.js';
import type { HistoryIndex, IndexedStream, IndexedWriter } from './history-index.js';
import { presenceIn, type ReadPresence } from './read-presence.js';
import { strangeCopiesAfter } from './strange-copies.js';
import { limitsOf, type StreamLimits } from './stream-limits.js';
import { placesBySubject, type SubjectPlaces } from './subject-places.js';

/** Whether a stream's own limits explain that a message is not there: they do, they may, they do not. */
export type Eviction = 'evicted' | 'perhaps' | 'no';

/** Clocks of servers differ, and what is old enough is removed a little later. */
const SLACK_NS = NS.s;
/** The sizes of messages differ: a limit of bytes is known to so many mean ones, or to this share of it if that is less. */
const MESSAGES_OF_SLACK = 10;
const SHARE_OF_SLACK = 0.1;
const HALF_FULL = 0.5;

/** What the limits of one stream explain. docs/safety.md has the table. */
class Evictions {
  readonly limits: StreamLimits;
  readonly #index: HistoryIndex;
  readonly #stream: IndexedStream;
  readonly #last: number;
  readonly #fill: Fill;
  readonly #isClockMoved: boolean;
  #acks: StreamAcks | undefined;
  #places: SubjectPlaces | undefined;

  constructor(index: HistoryIndex, stream: IndexedStream) {
    this.#index = index;
    this.#stream = stream;
    this.limits = limitsOf(stream.facts);
    this.#last = highestKnown(index, stream);
    this.#fill = fillOf(stream.facts?.looks ?? [], this.limits);
    this.#isClockMoved = index.history.faults.some(({ kind }) => kind === 'clock-skew');
  }

  /**
   * @param presence the read, of the stream or of a replica of it, that does not hold the write
   * @param place where it stood; 0 when that is not known
   */
  judge(presence: ReadPresence, writer: IndexedWriter, sequence: number, place: number): Eviction {
    const { limits } = this;
    if (limits.names.length === 0) return 'no';
    const byTime = this.#byTime(presence, writer.columns.sentNs(sequence), writer.columns.doneNs(sequence));
    if (byTime === 'evicted') return byTime;
    if (place === 0) return byTime === 'perhaps' || this.#hasLimitsOfPlace ? 'perhaps' : 'no';
    const byPlace = this.judgePlace(presence, place);
    if (byPlace === 'evicted') return byPlace;
    const bySubject = limits.maxPerSubject > 0 ? this.#bySubject(presence, writer, sequence, place) : 'no';
    if (bySubject === 'evicted') return bySubject;
    const byConsumers =
      limits.retention === 'limits' ? 'no' : this.#byConsumers(place, writer.columns.sentNs(sequence));
    if (byConsumers === 'evicted') return byConsumers;
    return [byTime, byPlace, bySubject, byConsumers].includes('perhaps') ? 'perhaps' : 'no';
  }

  /** What only needs the place: for a message whose operation no history has, everything else may be. */
  judgeStranger(presence: ReadPresence, place: number): Eviction {
    if (this.limits.names.length === 0) return 'no';
    if (this.judgePlace(presence, place) === 'evicted') return 'evicted';
    const { maxAgeNs, maxPerSubject, hasMessageTtl } = this.limits;
    if (maxAgeNs > 0 || maxPerSubject > 0 || hasMessageTtl) return 'perhaps';
    return this.limits.retention === 'limits'
      ? this.judgePlace(presence, place)
      : this.#byConsumers(place, Number.NEGATIVE_INFINITY);
  }

  /** By what removes the oldest messages, and by rollups. */
  judgePlace({ first, read }: ReadPresence, place: number): Eviction {
    const { maxMessages, maxBytes, hasRollups } = this.limits;
    const later = this.#last - place;
    let isPerhaps = hasRollups && later > 0 && (read.foreign > 0 || !this.#stream.name.startsWith('KV_'));
    if (place < first) {
      const fill = this.#fill;
      if (maxMessages > 0 && later >= maxMessages) {
        if (!this.#mayNotFill || place < fill.fullOfMessages) return 'evicted';
        isPerhaps = true;
      }
      if (maxBytes > 0) {
        // From this one to the last: what removes it is that they do not fit.
        const count = later + 1;
        if (place < fill.fullOfBytes && count * fill.meanBytes >= fill.almostFullBytes) return 'evicted';
        if (fill.meanBytes === 0 || count * fill.mostMeanBytes >= HALF_FULL * maxBytes) isPerhaps = true;
      }
    }
    return isPerhaps ? 'perhaps' : 'no';
  }

  #byTime({ read }: ReadPresence, sentNs: number, doneNs: number): Eviction {
    const { maxAgeNs, hasMessageTtl } = this.limits;
    if (maxAgeNs === 0 && !hasMessageTtl) return 'no';
    const endedNs = read.endedNs ?? this.#stream.facts?.looks.at(-1)?.atNs ?? Number.NEGATIVE_INFINITY;
    if (maxAgeNs > 0 && doneNs + maxAgeNs <= endedNs) return 'evicted';
    if (read.endedNs === undefined) return 'perhaps';
    if (maxAgeNs > 0 && (this.#isClockMoved || sentNs + maxAgeNs <= endedNs + SLACK_NS)) return 'perhaps';
    // No message can have less than a second to live.
    return hasMessageTtl && sentNs <= endedNs ? 'perhaps' : 'no';
  }

  #bySubject(presence: ReadPresence, writer: IndexedWriter, sequence: number, place: number): Eviction {
    const { maxPerSubject } = this.limits;
    const { read } = this.#stream;
    this.#places ??= placesBySubject(
      this.#index,
      this.#stream,
      maxPerSubject,
      read && presenceIn(this.#index, this.#stream, read),
    );
    if (this.#places.isPattern(writer, sequence)) return 'perhaps';
    const later = this.#places.laterThan(writer, sequence, place);
    if (later >= maxPerSubject) return 'evicted';
    const possible =
      later +
      this.#places.withoutPlace(writer, sequence) +
      presence.read.foreign +
      strangeCopiesAfter(this.#index, this.#stream, presence, place);
    return possible >= maxPerSubject ? 'perhaps' : 'no';
  }

  #byConsumers(place: number, sentNs: number): Eviction {
    this.#acks ??= acksOf(this.#index, this.#stream.name);
    const { consumers, isComplete } = this.#acks;
    // A floor passes what was lost, too: whoever has every acknowledgement in a history needs none to explain it.
    const isDone = ({ acknowledged, acknowledgedTo, floor, isRecorded }: ConsumerAcks) =>
      acknowledged.has(place) || place <= acknowledgedTo || (place <= floor && !(isRecorded && isComplete));
    const done = consumers.filter(isDone).length;
    if (consumers.length === 0) return 'perhaps';
    const isOpen = !isComplete || consumers.some(mayHaveAcknowledged(place));
    if (this.limits.retention === 'workqueue') {
      if (done > 0) return 'evicted';
      return isOpen ? 'perhaps' : 'no';
    }
    if (done === consumers.length) return 'evicted';
    const mayBeDone = done > 0 || consumers.some((each) => each.seenNs > sentNs || each.hasFilters);
    return mayBeDone || isOpen ? 'perhaps' : 'no';
  }

  /** Messages in the middle go, too: as many as ever came later need not have been there at the same time. */
  get #mayNotFill(): boolean {
    const { maxPerSubject, retention, hasRollups, hasMessageTtl } = this.limits;
    return maxPerSubject > 0 || retention !== 'limits' || hasRollups || hasMessageTtl;
  }

  get #hasLimitsOfPlace(): boolean {
    const { maxMessages, maxBytes, maxPerSubject, retention, hasRollups } = this.limits;
    return maxMessages > 0 || maxBytes > 0 || maxPerSubject > 0 || retention !== 'limits' || hasRollups;
  }
}

const mayHaveAcknowledged =
  (place: number) =>
  ({ isRecorded, floor, deliveredTo }: ConsumerAcks): boolean =>
    place <= (isRecorded ? floor : deliveredTo);

/** The highest sequence that anybody knows of the stream. */
function highestKnown(index: HistoryIndex, stream: IndexedStream): number {
  let last = stream.highestAcknowledged;
  for (const { lastSequence } of stream.facts?.looks ?? []) last = Math.max(last, lastSequence);
  if (stream.read === undefined) return last;
  const { reached } = presenceIn(index, stream, stream.read);
  const through = Number.isFinite(stream.read.throughSequence) ? stream.read.throughSequence : 0;
  return Math.max(last, reached, through);
}

/** How full looks saw a stream whose oldest messages go when it is full. */
interface Fill {
  /** Of a message, at the last look that has any; 0 when none has. */
  readonly meanBytes: number;
  /** The most of any look. */
  readonly mostMeanBytes: number;
  /** What removes all that does not fit has about as much as this. */
  readonly almostFullBytes: number;
  /** The highest first sequence of a look that saw as many bytes; 0 for none: what stood before it may have made room. */
  readonly fullOfBytes: number;
  /** The same of messages. */
  readonly fullOfMessages: number;
}

function fillOf(looks: readonly StreamLook[], { maxBytes, maxMessages }: StreamLimits): Fill {
  const filled = looks.filter(({ exists, messages }) => exists && messages > 0);
  const means = filled.map(({ bytes, messages }) => bytes / messages);
  const meanBytes = means.at(-1) ?? 0;
  const almostFullBytes = maxBytes - Math.min(SHARE_OF_SLACK * maxBytes, MESSAGES_OF_SLACK * meanBytes);
  const highest = (numbers: readonly number[]) => numbers.reduce((most, each) => Math.max(most, each), 0);
  const firstWhere = (isFull: (look: StreamLook) => boolean) =>
    highest(filled.filter(isFull).map(({ firstSequence }) => firstSequence));
  return {
    meanBytes,
    mostMeanBytes: highest(means),
    almostFullBytes,
    fullOfBytes: firstWhere(({ bytes }) => bytes >= almostFullBytes),
    fullOfMessages: firstWhere(({ messages }) => messages >= maxMessages),
  };
}

const known = new WeakMap<IndexedStream, Evictions>();

/** Made once for each stream of an index. */
export function evictionsOf(index: HistoryIndex, stream: IndexedStream): Evictions {
  let evictions = known.get(stream);
  if (evictions === undefined) {
    evictions = new Evictions(index, stream);
    known.set(stream, evictions);
  }
  return evictions;
}
