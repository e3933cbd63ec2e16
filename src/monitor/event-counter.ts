import { NS, nowNs } from '../base/clock.js';
import type { MonitorTask } from '../contracts/monitor.js';
import { PhaseClock } from '../metrics/phase-clock.js';
import type { MessageView } from '../wire/parser.js';
import { emptyStamp, readStamp } from '../wire/stamp.js';
import { LagBuckets } from './lag-buckets.js';
import { LoadTally } from './load-tally.js';
import { SeriesTable } from './series-table.js';

/** Series beyond this many are counted together. */
export const MAX_SERIES = 10_000;
/** The stamp of another machine's clock gives such lags, of either sign. */
const ABSURD_LAG_NS = NS.h;

/** Counts events by domain and type, as they come. Flat: nothing is allocated for an event of a known series. */
export class EventCounter {
  readonly series: SeriesTable;
  /** By series. */
  readonly events: Float64Array;
  readonly bytes: Float64Array;
  /** Monotonic; 0 for never. */
  readonly lastSeenNs: Float64Array;
  /** Rows are domains. */
  readonly lags: LagBuckets;
  readonly loads: LoadTally;
  /** Stamps whose due time lies in the future, or more than an hour ago. */
  unbelievableLags = 0;
  /** When the last event came, monotonic; 0 for never. */
  lastEventNs = 0;
  #readNs: number;
  readonly #stamp = emptyStamp();

  constructor(task: Pick<MonitorTask, 'plan' | 'writers' | 'phaseClock'>, maxSeries = MAX_SERIES) {
    const { plan, writers, phaseClock } = task;
    this.series = new SeriesTable(plan, plan.subject, maxSeries);
    this.events = new Float64Array(maxSeries);
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
  }

  onMessage(view: MessageView): void {
    const receivedNs = this.#readNs;
    const length = view.payloadEnd - view.payloadStart;
    const series = this.series.find(view.buffer, view.subjectStart, view.subjectEnd);
    this.events[series]!++;
    this.bytes[series]! += length;
    this.lastSeenNs[series] = receivedNs;
    this.lastEventNs = receivedNs;
    const stamp = this.#stamp;
    if (!readStamp(view.buffer, view.payloadStart, length, stamp)) return;
    let lagNs = receivedNs - stamp.dueNs;
    if (lagNs < 0 || lagNs > ABSURD_LAG_NS) {
      this.unbelievableLags++;
      lagNs = -1;
    } else {
      this.lags.observe(this.series.domainIndex[series]!, lagNs);
    }
    this.loads.count(stamp.writer, stamp.sequence, stamp.dueNs, lagNs);
  }
}
