import type { ConditionPlan } from './condition.js';
import type { TargetPlan } from './target.js';

export interface FaultPlan {
  /** `fault-1`, `fault-2`, … in the order in which they are due. */
  readonly id: string;
  readonly kind: string;
  /** After the start of the load: when it begins or, with `when`, from when on it waits for its condition. */
  readonly atNs: number;
  /** From injection to healing; 0 for an act that is over when it is done. */
  readonly forNs: number;
  readonly target: TargetPlan;
  readonly params: Readonly<Record<string, unknown>>;
  /** For what the fault itself draws when it is made: from the run's seed and its place in the scenario. */
  readonly seed: number;
  /** What it is one of several of (`faults[2] #3`, `faults[2].sequence[1]`), or what it repeats (`fault-3 of run …`). */
  readonly origin?: string;
  /** It begins when this first holds, and does not run when that is not so `withinNs` after `atNs`. */
  readonly when?: { readonly condition: ConditionPlan; readonly withinNs: number };
  /**
   * It begins so long after another began, or was healed, whenever that is; not at all when the other was never made.
   * `atNs` is when that is if nothing takes longer than it should: the earliest.
   */
  readonly follows?: {
    readonly fault: string;
    readonly since: 'begin' | 'end';
    readonly afterNs: number;
  };
  /** The guard over the quorum lets it pass. */
  readonly allowsQuorumLoss?: boolean;
}
