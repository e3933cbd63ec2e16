import type { Comparison, Statistic } from './thresholds.js';

/** Something that is looked at once a second while the load runs: `orders.ack_latency p99 > 200ms`, `backlog > 10k`. */
export interface ConditionPlan {
  /** As the user wrote it. */
  readonly text: string;
  readonly of: ConditionMeasure;
  readonly comparison: Comparison;
  /** In the measure's own unit: nanoseconds, a ratio, a count or a rate a second. */
  readonly bound: number;
}

export type ConditionMeasure =
  /** Of the load's last second, by the statistic; as a threshold would measure the whole. */
  | {
      readonly kind: 'load';
      readonly load: string;
      readonly measure: string;
      readonly statistic: Statistic;
    }
  /** Messages that consumers have not acknowledged, or not yet been given: of one consumer, of a stream's, of all. */
  | { readonly kind: 'backlog'; readonly stream?: string; readonly consumer?: string }
  /** Messages that a stream holds. */
  | { readonly kind: 'messages'; readonly stream: string };
