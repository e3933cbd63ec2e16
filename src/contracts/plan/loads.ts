import type { LoadSchedule } from './schedule.js';

export interface LoadPlan {
  readonly name: string;
  readonly kind: string;
  /** Empty for a kind that sends no events of the mix. */
  readonly domains: readonly string[];
  readonly schedule: LoadSchedule;
  /** How long after the start of the run's load this one begins; its schedule runs from there. */
  readonly atNs: number;
  /** What is due so early, from its own beginning, is measured apart: it belongs to the phase `warm-up`. */
  readonly warmUpNs: number;
  /** How many worker threads share the load; 0 for one that is only made ready before the others start. */
  readonly workers: number;
  /** False: its operations are not written down, though its kind does that. */
  readonly history?: false;
  /** Kind-specific parameters, as the kind's schema resolved them. */
  readonly params: Readonly<Record<string, unknown>>;
}
