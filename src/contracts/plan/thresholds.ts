import type { PhaseName } from './phase.js';

export type Comparison = '<' | '<=' | '>' | '>=' | '==' | '!=';

/** `orders.ack_latency: p99 < 250ms, during: steady` */
export interface ThresholdPlan {
  /** As the user wrote it, with its subject: `orders.ack_latency p99 < 250ms during steady`. */
  readonly text: string;
  /** The load's name; absent for measures of the whole run. */
  readonly load?: string;
  readonly measure: string;
  readonly statistic: Statistic;
  readonly comparison: Comparison;
  /** Nanoseconds, a ratio, a count or a rate a second, by the measure and the statistic. */
  readonly bound: number;
  readonly during?: PhaseName;
}

export type Statistic =
  | { readonly kind: 'percentile'; readonly percentile: number }
  | { readonly kind: 'min' | 'max' | 'mean' | 'count' | 'ratio' | 'rate' };
