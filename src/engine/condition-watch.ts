import type { ConditionPlan } from '../contracts/plan/condition.js';

/** What faults that wait for a condition are handed: looks once a second while the load runs. */
export interface ConditionWatch {
  /**
   * Waits until the condition holds, `withinNs` at the most; `undefined` when it did not hold in that time. What cannot
   * be measured does not hold. Rejects with the signal's reason.
   */
  waitFor(
    condition: ConditionPlan,
    withinNs: number,
    signal: AbortSignal,
  ): Promise<ConditionSight | undefined>;
}

export interface ConditionSight {
  /** For people: `backlog is 10.4k`. */
  readonly saw: string;
}
