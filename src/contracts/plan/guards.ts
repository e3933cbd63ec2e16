import type { ConditionPlan } from './condition.js';

/** What keeps a game day within its bounds. */
export interface GuardPlan {
  /** Faults that may hold at the same time; absent: as many as there are. */
  readonly atMost?: number;
  /** No fault may hold for longer; absent: no bound but the load's end. */
  readonly longestNs?: number;
  /** Any of these ends the run: every fault is healed, and it is said which. */
  readonly abortOn: readonly ConditionPlan[];
  /** The run stops, as on Ctrl-C, when this file is there. */
  readonly stopFile?: string;
  readonly allowsQuorumLoss: boolean;
}
