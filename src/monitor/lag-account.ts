import { NS } from '../base/nanoseconds.js';
import { LONGEST_LAG_NS } from './lag.js';
import { LAG_COLUMNS, LagBuckets } from './lag-buckets.js';
import { LagExemplars } from './lag-exemplars.js';

/** The wall clock is read to the millisecond: what is ahead of it by less may be on time. */
export const CLOCK_GRAIN_NS = NS.ms;

/** The lag of events by domain, and what of it cannot be believed. */
export class LagAccount {
  /** Rows are domains. */
  readonly buckets: LagBuckets;
  readonly exemplars: LagExemplars;
  /** Events that came before they happened, and those that came more than an hour behind. */
  discardedNegative = 0;
  discardedPositive = 0;

  constructor(maxSeries: number) {
    this.buckets = new LagBuckets(maxSeries);
    this.exemplars = new LagExemplars(maxSeries, LAG_COLUMNS);
  }

  /** Takes one lag; false when it cannot be believed. The hot path. */
  observe(domain: number, lagNs: number): boolean {
    if (lagNs >= 0 && lagNs <= LONGEST_LAG_NS) {
      this.buckets.observe(domain, lagNs);
      return true;
    }
    if (lagNs < 0) this.discardedNegative++;
    else this.discardedPositive++;
    return false;
  }

  /** `observe` for an event of a trace. */
  observeTraced(
    domain: number,
    lagNs: number,
    seenNs: number,
    buffer: Uint8Array,
    traceStart: number,
  ): boolean {
    if (!this.observe(domain, lagNs)) return false;
    this.exemplars.keep(domain, this.buckets.columnOf(lagNs), lagNs, seenNs, buffer, traceStart);
    return true;
  }
}
