import type { EventFieldName, EventReading } from '../../contracts/event-reading.js';
import type { MessageView } from '../../wire/parser.js';
import type { ErrorCounts } from '../error-counts.js';
import { CLOCK_GRAIN_NS, type LagAccount } from '../lag-account.js';
import { UNKNOWN_LOAD } from '../load-tally.js';
import type { OutcomeCounts } from '../outcome-counts.js';
import type { EventNumbers } from '../sequences/event-numbers.js';
import { type ErrorReason, REASON_BIT } from './error-reasons.js';
import { timeOfNumber, timeOfText } from './event-time.js';
import { JsonFields, SCAN } from './json-fields.js';
import { skipSpace } from './json-tokens.js';
import { type EventBook, FIELD, type ScannedEvent } from './scanned-event.js';

const OPEN_ARRAY = 0x5b;
const OPEN_OBJECT = 0x7b;
const COMMA = 0x2c;

const TOO_LARGE = 3;
/** By what came of a scan; one that is sound has something behind it. */
const WRONG: readonly ErrorReason[] = ['malformed-json', 'malformed-json', 'too-deep', 'too-large'];

export interface EventReaderParts {
  readonly reading: EventReading;
  readonly lags: LagAccount;
  readonly outcomes: OutcomeCounts;
  readonly errors: ErrorCounts;
}

/**
 * Reads what an event says beyond its subject and its stamp: when it happened, how it ended, and the fields that books want.
 * It is itself the event that the books are shown, filled in again for each. Flat.
 */
export class EventReader implements ScannedEvent {
  readonly fields: JsonFields;
  buffer: Uint8Array = new Uint8Array(0);
  series = 0;
  domain = 0;
  subjectStart = 0;
  subjectEnd = 0;
  receivedNs = 0;
  lagNs = -1;
  outcome = -1;
  /** To be set for a stamped event, before it is read. */
  load = UNKNOWN_LOAD;
  /** To be set for a stamped event, whose own number goes before any other. */
  isStamped = false;
  /** To be set for an event that another monitor counts: nothing of it is told, but its number may be ours to follow. */
  isElsewhere = false;
  traceStart = -1;
  /** What to add to a monotonic time for Unix time. */
  wallOffsetNs = 0;
  readonly #parts: EventReaderParts;
  readonly #format: EventReading['format'];
  readonly #maxEventBytes: number;
  readonly #time: number;
  readonly #outcome: number;
  readonly #error: number;
  readonly #timeDeclared: boolean;
  readonly #outcomeDeclared: boolean;
  #books: readonly EventBook[] = [];
  #everyEventBooks: readonly EventBook[] = [];
  #numbers: EventNumbers | undefined;
  /** What has been said to be wrong with the event: once is enough. */
  #wrongs = 0;
  #data = new DataView(new ArrayBuffer(0)) as DataView;
  #dataStart = 0;

  constructor(parts: EventReaderParts) {
    const { format, fields, declaredFields, maxDepth, maxEventBytes } = parts.reading;
    this.#parts = parts;
    this.#format = format;
    this.#maxEventBytes = maxEventBytes;
    this.fields = new JsonFields(maxDepth);
    this.#time = this.fields.want(...fields.time);
    this.#outcome = this.fields.want(...fields.outcome);
    this.#error = this.fields.want(...fields.error);
    const isDeclared = (name: EventFieldName) => declaredFields.includes(name);
    this.#timeDeclared = isDeclared('time');
    this.#outcomeDeclared = isDeclared('outcome');
  }

  /** To be called once, when all of them have said what they want. */
  tellTo(books: readonly EventBook[]): void {
    this.#books = books;
    this.#everyEventBooks = books.filter(({ everyEvent }) => everyEvent);
  }

  /** To be called once, where the configuration says which field numbers events. */
  numberBy(numbers: EventNumbers): void {
    this.#numbers = numbers;
  }

  /** Whether some book is told of every event. */
  get seesAll(): boolean {
    return this.#everyEventBooks.length > 0;
  }

  get fieldKinds(): Uint8Array {
    return this.fields.kinds;
  }

  get fieldStarts(): Int32Array {
    return this.fields.starts;
  }

  get fieldEnds(): Int32Array {
    return this.fields.ends;
  }

  get fieldNumbers(): Float64Array {
    return this.fields.numbers;
  }

  /** Something is wrong with the event that is read: it counts once for each reason. */
  countError(reason: ErrorReason): void {
    const bit = REASON_BIT[reason];
    if (this.isElsewhere || (this.#wrongs & bit) !== 0) return;
    this.#wrongs |= bit;
    this.#parts.errors.count(this.series, reason);
  }

  /** Comes to the event, or the events, of a message. */
  begin(view: MessageView, series: number, domain: number, receivedNs: number, traceStart: number): void {
    this.buffer = view.buffer;
    this.#data = view.data;
    this.#dataStart = view.dataStart;
    this.series = series;
    this.domain = domain;
    this.subjectStart = view.subjectStart;
    this.subjectEnd = view.subjectEnd;
    this.receivedNs = receivedNs;
    this.traceStart = traceStart;
    this.load = UNKNOWN_LOAD;
    this.isStamped = false;
    this.isElsewhere = false;
  }

  /**
   * Reads what stands behind a stamp, where anything may follow the object, or where there may be none.
   *
   * @param lagNs what the stamp says; −1 when that cannot be believed
   */
  readBehindStamp(start: number, end: number, lagNs: number): void {
    this.lagNs = lagNs;
    this.#wrongs = 0;
    if (this.#format !== 'opaque' && start < end && this.buffer[start] === OPEN_OBJECT) {
      const result = end - start > this.#maxEventBytes ? TOO_LARGE : this.#scan(start, end);
      if (result === SCAN.ok) {
        this.#onObject();
        return;
      }
      this.countError(WRONG[result]!);
    }
    this.#onOpaque();
  }

  /**
   * Reads a payload that is an event by itself, or an array of events; returns how many it is.
   *
   * @param stamped by a header: it is one event, whatever it is
   * @param lagNs what that stamp says; −1 without one, or when it cannot be believed
   */
  readPayload(start: number, end: number, stamped: boolean, lagNs: number): number {
    this.lagNs = lagNs;
    this.#wrongs = 0;
    this.isStamped = stamped;
    const { buffer } = this;
    const at = skipSpace(buffer, start, end);
    const first = at < end ? buffer[at]! : 0;
    if (this.#format !== 'opaque') {
      if (first === OPEN_OBJECT || first === OPEN_ARRAY) return this.#readJson(at, end, stamped);
      if (this.#format === 'json') this.countError('not-json');
    }
    this.#onOpaque();
    return 1;
  }

  #readJson(start: number, end: number, stamped: boolean): number {
    const isArray = this.buffer[start] === OPEN_ARRAY;
    const result = end - start > this.#maxEventBytes ? TOO_LARGE : this.#scan(start, end);
    if (result !== SCAN.ok || skipSpace(this.buffer, this.fields.end, end) < end) {
      this.countError(WRONG[result]!);
      this.#onOpaque();
      return 1;
    }
    if (!isArray) {
      this.#onObject();
      return 1;
    }
    const first = skipSpace(this.buffer, start + 1, end);
    if (!stamped && this.buffer[first] === OPEN_OBJECT) return this.#readElements(first, end);
    this.#onOpaque();
    return 1;
  }

  /** The events of an array that is known to be JSON, from its first object on. */
  #readElements(first: number, end: number): number {
    const { buffer, fields } = this;
    let at = first;
    const lagNs = this.lagNs;
    for (let events = 1; ; events++) {
      this.lagNs = lagNs;
      this.#wrongs = 0;
      if (buffer[at] === OPEN_OBJECT) {
        this.#scan(at, end);
        this.#onObject();
      } else {
        fields.skip(buffer, this.#data, this.#dataStart, at, end);
        this.#onOpaque();
      }
      at = skipSpace(buffer, fields.end, end);
      if (buffer[at] !== COMMA) return events;
      at = skipSpace(buffer, at + 1, end);
    }
  }

  #scan(start: number, end: number): number {
    return this.fields.scan(this.buffer, this.#data, this.#dataStart, start, end);
  }

  #onObject(): void {
    if (this.#numbers !== undefined && !this.isStamped) this.#follow(this.#numbers);
    if (this.isElsewhere) return;
    if (this.lagNs < 0) this.#readTime();
    this.#readOutcome();
    for (const book of this.#books) book.onEvent(this);
  }

  /** Nothing is known of it but its subject, its stamp and its headers. */
  #onOpaque(): void {
    if (this.isElsewhere) return;
    const traced = this.traceStart >= 0;
    if (!traced && this.#everyEventBooks.length === 0) return;
    this.fields.clear();
    this.outcome = this.#parts.outcomes.ofType(this.series);
    for (const book of traced ? this.#books : this.#everyEventBooks) book.onEvent(this);
  }

  #follow(numbers: EventNumbers): void {
    if (numbers.isWrong(this) || !numbers.follow(this, this.#toldTimeNs())) this.countError('wrong-type');
  }

  /** Unix time that the event's field tells; NaN for none. */
  #toldTimeNs(): number {
    const { kinds, numbers, starts, ends } = this.fields;
    const field = this.#time;
    const kind = kinds[field];
    if (kind === FIELD.text) return timeOfText(this.buffer, starts[field]!, ends[field]!);
    return kind === FIELD.number ? timeOfNumber(numbers[field]!) : Number.NaN;
  }

  #readTime(): void {
    if (this.fields.kinds[this.#time] === FIELD.absent) return;
    const happenedNs = this.#toldTimeNs();
    if (Number.isNaN(happenedNs)) {
      if (this.#timeDeclared) this.countError('wrong-type');
      return;
    }
    let lagNs = this.receivedNs + this.wallOffsetNs - happenedNs;
    if (lagNs < 0 && lagNs > -CLOCK_GRAIN_NS) lagNs = 0;
    const { lags } = this.#parts;
    const believed =
      this.traceStart < 0
        ? lags.observe(this.domain, lagNs)
        : lags.observeTraced(this.domain, lagNs, this.receivedNs, this.buffer, this.traceStart);
    if (believed) this.lagNs = lagNs;
  }

  #readOutcome(): void {
    const { outcomes } = this.#parts;
    const { kinds, numbers, starts, ends } = this.fields;
    const { words } = outcomes;
    const kind = kinds[this.#outcome]!;
    let outcome = -1;
    if (kind === FIELD.text) {
      outcome = words.ofWord(this.buffer, starts[this.#outcome]!, ends[this.#outcome]!);
    } else if (kind === FIELD.boolean) {
      outcome = numbers[this.#outcome] === 1 ? words.success : words.failure;
    } else if (kind !== FIELD.absent && this.#outcomeDeclared) {
      this.countError('wrong-type');
    }
    if (outcome < 0 && this.#tellsError()) outcome = words.failure;
    const ofType = outcomes.ofType(this.series);
    // A word that nobody named, of an event whose type says nothing either.
    if (outcome < 0 && ofType < 0 && kind === FIELD.text) outcome = words.other;
    if (outcome >= 0) outcomes.count(this.series, outcome);
    this.outcome = outcome >= 0 ? outcome : ofType;
  }

  /** `null`, `false`, `0`, `""`, `{}` and `[]` say that there is none. */
  #tellsError(): boolean {
    const { kinds, numbers, starts, ends } = this.fields;
    const field = this.#error;
    switch (kinds[field]) {
      case FIELD.text:
        return ends[field]! > starts[field]!;
      case FIELD.number:
      case FIELD.boolean:
        return numbers[field] !== 0;
      default:
        return kinds[field] === FIELD.other && ends[field]! - starts[field]! > 2;
    }
  }
}
