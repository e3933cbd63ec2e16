import { nowNs, wallMs } from '../base/clock.js';
import { WallOffset } from '../base/wall-offset.js';
import { DEFAULT_EVENT_READING } from '../contracts/event-reading.js';
import type { MonitorTask } from '../contracts/monitor.js';
import { PhaseClock } from '../metrics/phase-clock.js';
import type { ReceiveTracer } from '../traces/receive-tracer.js';
import { BatchReader, isBatch } from '../wire/batch.js';
import type { MessageView } from '../wire/parser.js';
import { sampledTraceStart } from '../wire/read-traceparent.js';
import { emptyStamp, STAMP_BYTES, type Stamp } from '../wire/stamp.js';
import { readMessageStamp, STAMP_HEX_AT, STAMP_HEX_BYTES } from '../wire/stamp-header.js';
import { makeBooks } from './books.js';
import { ErrorCounts } from './error-counts.js';
import { possibleErrors } from './events/error-reasons.js';
import { EventReader } from './events/event-reader.js';
import type { EventBook } from './events/scanned-event.js';
import { LagAccount } from './lag-account.js';
import { LoadTally, UNKNOWN_LOAD } from './load-tally.js';
import { OutcomeCounts } from './outcome-counts.js';
import { Partition } from './partition/partition.js';
import { EventNumbers } from './sequences/event-numbers.js';
import { SeriesFigures } from './series-figures.js';
import { OTHER, SeriesTable } from './series-table.js';
import { NOT_KEPT, SubjectCache } from './subject-cache.js';

/** Series beyond this many are counted together. */
export const MAX_SERIES = 10_000;

/** In the place of a series: the event is counted by another monitor. */
const ELSEWHERE = -2;

/** A header block that is nothing but a stamp: its line, and the empty one. */
const STAMP_BLOCK_BYTES = STAMP_HEX_AT + STAMP_HEX_BYTES + 4;

/** Counts events by domain and type, as they come. Flat: nothing is allocated for an event of a known series. */
export class EventCounter {
  readonly series: SeriesTable;
  /** Of series, those of OTHER among them. */
  readonly maxSeries: number;
  readonly figures: SeriesFigures;
  readonly lags: LagAccount;
  readonly outcomes: OutcomeCounts;
  readonly errors: ErrorCounts;
  readonly loads: LoadTally;
  /** The numbers that others give their events; none where the configuration does not say where they are. */
  readonly numbers: EventNumbers | undefined;
  /** What follows events, each with metrics of its own. */
  readonly books: readonly EventBook[];
  /** Records that traced events were received, where a run wants it. */
  receiveTracer: ReceiveTracer | undefined;
  /** When the last event came, monotonic; 0 for never. */
  lastEventNs = 0;
  readonly #partition: Partition | undefined;
  readonly #subjects = new SubjectCache();
  readonly #reader: EventReader;
  readonly #wallOffset = new WallOffset();
  #readNs: number;
  #readUnixMs = wallMs();
  readonly #stamp = emptyStamp();
  readonly #batch = new BatchReader();
  /** By writer: 1 where no body of its events can say anything that is wanted, so that none is read. */
  readonly #isMute = new Uint8Array(65_536);

  constructor(
    task: Pick<MonitorTask, 'plan' | 'writers' | 'phaseClock'>,
    maxSeries = task.plan.maxSeries ?? MAX_SERIES,
  ) {
    const { plan, writers, phaseClock } = task;
    const reading = plan.reading ?? DEFAULT_EVENT_READING;
    this.maxSeries = maxSeries;
    this.#partition = plan.partition && new Partition(plan.partition, plan);
    this.series = new SeriesTable(plan, plan.subject, maxSeries);
    this.figures = new SeriesFigures(maxSeries);
    this.lags = new LagAccount(maxSeries);
    this.outcomes = new OutcomeCounts(reading, this.series.types, maxSeries);
    this.errors = new ErrorCounts(maxSeries, possibleErrors(reading, plan.sections?.metrics !== undefined));
    this.#readNs = nowNs();
    this.#reader = new EventReader({
      reading,
      lags: this.lags,
      outcomes: this.outcomes,
      errors: this.errors,
    });
    const clock = phaseClock === undefined ? PhaseClock.create() : new PhaseClock(phaseClock);
    this.loads = new LoadTally(writers, clock, this.#readNs);
    this.books = makeBooks({
      want: this.#reader.fields.want,
      series: this.series,
      fields: reading.fields,
      outcomes: this.outcomes.words.names,
      loads: this.loads.names,
      section: (name) => plan.sections?.[name],
      countError: (reason) => this.#reader.countError(reason),
      startNs: this.#readNs,
    });
    this.#reader.tellTo(this.books);
    if (reading.fields.sequence.length > 0) {
      this.numbers = new EventNumbers(
        reading,
        plan.domainToken,
        maxSeries,
        this.#partition,
        this.#reader.fields.want,
      );
      this.#reader.numberBy(this.numbers);
    }
    const { fields } = this.#reader;
    for (const { writer, bodies } of writers) {
      const isMute = bodies !== undefined && !bodies.some((text) => fields.mayHaveAny(text));
      this.#isMute[writer] = isMute ? 1 : 0;
    }
  }

  /** Reads the clocks once for all events of one read of the socket. */
  onReadStart(): void {
    const wall = wallMs();
    this.#readNs = nowNs();
    this.#readUnixMs = wall;
    this.loads.receivedNs = this.#readNs;
    this.#wallOffset.note(wall, this.#readNs);
    this.#reader.wallOffsetNs = this.#wallOffset.ns;
  }

  onMessage(view: MessageView): void {
    const receivedNs = this.#readNs;
    this.lastEventNs = receivedNs;
    const series = this.#seriesOf(view);
    if (series === ELSEWHERE) {
      this.#onElsewhere(view);
      return;
    }
    const { payloadStart, payloadEnd } = view;
    this.figures.onMessage(series, payloadEnd - payloadStart, this.#readUnixMs);
    if (readMessageStamp(view, this.#stamp)) {
      this.#addEvents(series, 1);
      this.#onStamped(view, series);
    } else if (isBatch(view)) {
      this.#onBatch(view, series);
    } else {
      this.#begin(view, series, this.#traceOf(view));
      const events = this.#reader.readPayload(payloadStart, payloadEnd, false, -1);
      this.#addEvents(series, events);
    }
  }

  #addEvents(series: number, events: number): void {
    this.figures.addEvents(series, events);
    if (series === OTHER && this.series.lacksRoom) this.series.dropped += events - 1;
  }

  /** What this monitor says itself. It goes on for as long as somebody listens, and is nothing that is waited for. */
  onOwnMessage(view: MessageView): void {
    const { lastEventNs } = this;
    this.onReadStart();
    this.onMessage(view);
    this.lastEventNs = lastEventNs;
  }

  /** Another monitor counts it; but whoever numbers it may be ours, whose every event we must know of. */
  #onElsewhere(view: MessageView): void {
    const batch = this.#batch;
    const reader = this.numbers?.areAcrossDomains ? this.#reader : undefined;
    if (readMessageStamp(view, this.#stamp)) {
      this.#countSequence(this.#stamp);
      return;
    }
    reader?.begin(view, OTHER, 0, this.#readNs, -1);
    if (reader) reader.isElsewhere = true;
    if (!isBatch(view)) {
      reader?.readPayload(view.payloadStart, view.payloadEnd, false, -1);
    } else if (batch.open(view)) {
      while (batch.next()) {
        if (batch.stamped) this.#countSequence(batch.stamp);
        else reader?.readBehindStamp(batch.bodyStart, batch.bodyEnd, -1);
      }
    }
  }

  /** False when its number cannot be right. */
  #countSequence(stamp: Stamp): boolean {
    const isOurs = this.#partition === undefined || this.#partition.ownsWriter(stamp.writer);
    return !isOurs || this.loads.count(stamp);
  }

  /** When something was last read, as the events of that read are timed; monotonic. */
  get readNs(): number {
    return this.#readNs;
  }

  /** Events can be seen from then on, or could not. */
  onSight(isSeeing: boolean, atNs: number): void {
    for (const book of this.books) book.onSight?.(isSeeing, atNs);
  }

  /** What is missing now stays missing. */
  settle(): void {
    this.loads.tick();
    this.numbers?.sources.tick();
  }

  /**
   * About once a second.
   *
   * @param seenUntilNs until when an event would have been seen: silence after that says nothing
   */
  tick(seenUntilNs = nowNs()): void {
    this.settle();
    for (const book of this.books) book.tick(seenUntilNs);
  }

  /** With nothing but its stamp, an event costs no more than that. */
  #onStamped(view: MessageView, series: number): void {
    const { buffer, headerStart, payloadStart, payloadEnd } = view;
    const headerBytes = payloadStart - headerStart;
    const hasMore = headerBytes > 0 && headerBytes !== STAMP_BLOCK_BYTES;
    const traceStart = hasMore ? this.#traceOf(view, this.#stamp.dueNs) : -1;
    const lagNs = this.#onStamp(series, this.#stamp, buffer, traceStart);
    // The stamp in the payload begins with a byte that no text has.
    const inPayload = payloadEnd - payloadStart >= STAMP_BYTES && buffer[payloadStart]! > 0x7f;
    if (!inPayload) {
      this.#begin(view, series, traceStart);
      this.#reader.load = this.loads.loadOf(this.#stamp.writer);
      this.#reader.readPayload(payloadStart, payloadEnd, true, lagNs);
      return;
    }
    const bodyStart = payloadStart + STAMP_BYTES;
    const bodyEnd = this.#isMute[this.#stamp.writer] === 1 ? bodyStart : payloadEnd;
    if (bodyEnd > bodyStart || traceStart >= 0 || this.#reader.seesAll) {
      this.#begin(view, series, traceStart);
      this.#reader.load = this.loads.loadOf(this.#stamp.writer);
      this.#reader.isStamped = true;
      this.#reader.readBehindStamp(bodyStart, bodyEnd, lagNs);
    }
  }

  #onBatch(view: MessageView, series: number): void {
    const batch = this.#batch;
    const traceStart = this.#traceOf(view);
    if (!batch.open(view)) {
      this.errors.count(series, 'malformed-batch');
      this.#addEvents(series, 1);
      return;
    }
    this.#addEvents(series, batch.count);
    this.#begin(view, series, traceStart);
    const reader = this.#reader;
    while (batch.next()) {
      const lagNs = batch.stamped ? this.#onStamp(series, batch.stamp, view.buffer, traceStart) : -1;
      const isMute = batch.stamped && this.#isMute[batch.stamp.writer] === 1;
      const bodyEnd = isMute ? batch.bodyStart : batch.bodyEnd;
      if (bodyEnd === batch.bodyStart && traceStart < 0 && !reader.seesAll) continue;
      reader.load = batch.stamped ? this.loads.loadOf(batch.stamp.writer) : UNKNOWN_LOAD;
      reader.isStamped = batch.stamped;
      reader.readBehindStamp(batch.bodyStart, bodyEnd, lagNs);
    }
  }

  /** Returns its lag; −1 when that cannot be believed. */
  #onStamp(series: number, stamp: Stamp, buffer: Uint8Array, traceStart: number): number {
    if (!this.#countSequence(stamp)) {
      this.errors.count(series, 'malformed-stamp');
      return -1;
    }
    const lagNs = this.#readNs - stamp.dueNs;
    const domain = this.series.domainIndex[series]!;
    const believed =
      traceStart < 0
        ? this.lags.observe(domain, lagNs)
        : this.lags.observeTraced(domain, lagNs, this.#readNs, buffer, traceStart);
    return believed ? lagNs : -1;
  }

  #begin(view: MessageView, series: number, traceStart: number): void {
    this.#reader.begin(view, series, this.series.domainIndex[series]!, this.#readNs, traceStart);
  }

  #traceOf(view: MessageView, dueNs = this.#readNs): number {
    if (view.headerStart === view.payloadStart) return -1;
    // Its header is read once, unless it is sampled.
    const tracer = this.receiveTracer;
    if (tracer !== undefined && tracer.received(view, dueNs, this.#readNs) === undefined) return -1;
    return sampledTraceStart(view);
  }

  #seriesOf(view: MessageView): number {
    const known = this.#subjects.find(view);
    if (known !== NOT_KEPT) return known;
    const { buffer, subjectStart, subjectEnd } = view;
    if (this.#partition?.ownsSubject(buffer, subjectStart, subjectEnd) === false) {
      this.#subjects.keep(view, ELSEWHERE);
      return ELSEWHERE;
    }
    const series = this.series.find(buffer, subjectStart, subjectEnd);
    // The table counts those for which it has no series: they must come to it.
    if (series !== OTHER) this.#subjects.keep(view, series);
    return series;
  }
}
