import { nowNs } from '../base/clock.js';
import type { MonitorTask } from '../contracts/monitor.js';
import { PhaseClock } from '../metrics/phase-clock.js';
import { BatchReader, isBatch } from '../wire/batch.js';
import type { MessageView } from '../wire/parser.js';
import { emptyStamp, type Stamp } from '../wire/stamp.js';
import { readMessageStamp } from '../wire/stamp-header.js';
import { lagOf } from './lag.js';
import { LagBuckets } from './lag-buckets.js';
import { LoadTally } from './load-tally.js';
import { OTHER, SeriesTable } from './series-table.js';
import { SubjectCache } from './subject-cache.js';

/** Series beyond this many are counted together. */
export const MAX_SERIES = 10_000;

/** Counts events by domain and type, as they come. Flat: nothing is allocated for an event of a known series. */
export class EventCounter {
  readonly series: SeriesTable;
  /** By series; a message carries one event, or a batch of them. */
  readonly events: Float64Array;
  readonly messages: Float64Array;
  readonly bytes: Float64Array;
  /** Monotonic; 0 for never. */
  readonly lastSeenNs: Float64Array;
  /** Rows are domains. */
  readonly lags: LagBuckets;
  readonly loads: LoadTally;
  /** Stamps whose due time lies in the future, or more than an hour ago. */
  unbelievableLags = 0;
  /** Messages that begin like a batch and are none; each counts as one event that is not ours. */
  malformedBatches = 0;
  /** When the last event came, monotonic; 0 for never. */
  lastEventNs = 0;
  readonly #subjects = new SubjectCache();
  #readNs: number;
  readonly #stamp = emptyStamp();
  readonly #batch = new BatchReader();

  constructor(task: Pick<MonitorTask, 'plan' | 'writers' | 'phaseClock'>, maxSeries = MAX_SERIES) {
    const { plan, writers, phaseClock } = task;
    this.series = new SeriesTable(plan, plan.subject, maxSeries);
    this.events = new Float64Array(maxSeries);
    this.messages = new Float64Array(maxSeries);
    this.bytes = new Float64Array(maxSeries);
    this.lastSeenNs = new Float64Array(maxSeries);
    this.lags = new LagBuckets(maxSeries);
    this.#readNs = nowNs();
    const clock = phaseClock === undefined ? PhaseClock.create() : new PhaseClock(phaseClock);
    this.loads = new LoadTally(writers, clock, this.#readNs);
  }

  /** Reads the clock once for all events of one read of the socket. */
  onReadStart(): void {
    this.#readNs = nowNs();
    this.loads.receivedNs = this.#readNs;
  }

  onMessage(view: MessageView): void {
    const receivedNs = this.#readNs;
    const series = this.#seriesOf(view);
    this.messages[series]!++;
    this.bytes[series]! += view.payloadEnd - view.payloadStart;
    this.lastSeenNs[series] = receivedNs;
    this.lastEventNs = receivedNs;
    if (readMessageStamp(view, this.#stamp)) {
      this.events[series]!++;
      this.#onStamp(series, this.#stamp);
    } else if (isBatch(view)) {
      this.#onBatch(view, series);
    } else {
      this.events[series]!++;
    }
  }

  /** What this monitor says itself. It goes on for as long as somebody listens, and is nothing that is waited for. */
  onOwnMessage(view: MessageView): void {
    const { lastEventNs } = this;
    this.onReadStart();
    this.onMessage(view);
    this.lastEventNs = lastEventNs;
  }

  #onBatch(view: MessageView, series: number): void {
    const batch = this.#batch;
    if (!batch.open(view)) {
      this.malformedBatches++;
      this.events[series]!++;
      return;
    }
    this.events[series]! += batch.count;
    while (batch.next()) if (batch.stamped) this.#onStamp(series, batch.stamp);
  }

  #onStamp(series: number, stamp: Stamp): void {
    const lagNs = lagOf(this.#readNs, stamp.dueNs);
    if (lagNs < 0) this.unbelievableLags++;
    else this.lags.observe(this.series.domainIndex[series]!, lagNs);
    this.loads.count(stamp);
  }

  #seriesOf(view: MessageView): number {
    const known = this.#subjects.find(view);
    if (known >= 0) return known;
    const series = this.series.find(view.buffer, view.subjectStart, view.subjectEnd);
    // The table counts the events for which it has no series: they must come to it.
    if (series !== OTHER) this.#subjects.keep(view, series);
    return series;
  }
}
