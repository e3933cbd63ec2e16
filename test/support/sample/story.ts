import { NS } from '../../../src/base/clock.js';

/** What the sample run is made of. */
export interface SampleStory {
  readonly seed: number;
  readonly seconds: number;
  readonly ordersPerSec: number;
  readonly firehosePerSec: number;
  /** When the sample's fault holds, from the start of the load on. */
  readonly faultFromNs: number;
  readonly faultToNs: number;
}

export const START_NS = 5_000 * NS.s;
/** The cluster has no leader for a shorter while than the fault holds. */
export const OUTAGE_NS = 2.4 * NS.s;
/** How long what is overdue after the fault counts as its. */
export const AFTERMATH_NS = 2 * NS.s;

/** When the fault holds, as shares of the sample's length. */
const FAULT_FROM = 0.3;
const FAULT_TO = 0.55;

export function sampleStory(
  rates: Pick<SampleStory, 'seed' | 'seconds' | 'ordersPerSec' | 'firehosePerSec'>,
): SampleStory {
  return {
    ...rates,
    faultFromNs: Math.round(rates.seconds * FAULT_FROM) * NS.s,
    faultToNs: Math.round(rates.seconds * FAULT_TO) * NS.s,
  };
}
