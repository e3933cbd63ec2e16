/** What steady means beyond what stormglass looks at anyway, and how soon after a fault it must be so again. */
export interface SteadyStatePlan {
  readonly probes: readonly ProbePlan[];
  /** How often they are looked at while the load runs; 0: not. */
  readonly everyNs: number;
  /** After a fault was healed; absent: as long as `limits.heal` waits. */
  readonly recoverWithinNs?: number;
}

export interface ProbePlan {
  readonly name: string;
  readonly kind: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** It must hold during faults, too. */
  readonly throughout: boolean;
}
