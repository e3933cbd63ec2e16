import { type Random, seededRandom } from '../../base/random.js';
import type { FaultClaim, TakenDown } from '../../contracts/fault.js';
import type { ConditionPlan } from '../../contracts/plan/condition.js';
import type { FaultPlan } from '../../contracts/plan/faults.js';
import type { Path } from '../problem.js';
import type { DurationRange } from './fault-schema.js';
import type { Target } from './resolve-target.js';

/** A fault as it is described, before it is known when, for how long and on whom it is made. */
export interface FaultSpec {
  readonly path: Path;
  readonly kind: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly target: Target;
  /** Absent for an act that is over when it is done. */
  readonly lasts: DurationRange | undefined;
  /** Where in the scenario it says how long it holds. */
  readonly lastsPath: Path;
  readonly allowsQuorumLoss: boolean;
  /** What it draws follows from this, wherever it stands. */
  readonly seed?: number;
  readonly claims: readonly FaultClaim[];
  readonly takesDown: TakenDown;
}

/** What two faults that are planned are compared by. */
export interface PlannedFault extends Pick<FaultPlan, 'kind' | 'target' | 'atNs' | 'forNs'> {
  /** Where errors about it stand. */
  readonly path: Path;
  readonly allowsQuorumLoss: boolean;
  readonly claims: readonly FaultClaim[];
  readonly takesDown: TakenDown;
  /** What its times count from: the load's start or, by the name of an entry, the moment a condition comes. */
  readonly clock: string;
  /** Which entry of `faults` it comes from: of two that do not go together, the later is the wrong one. */
  readonly entry: number;
}

/** A fault of the plan that has no id yet. */
export interface Draft extends PlannedFault {
  /** `faults[2]`, `faults[2] #3`, `faults[2].sequence[1]`: what it draws follows from the run's seed and this. */
  readonly key: string;
  readonly params: FaultSpec['params'];
  readonly seed: number;
  readonly origin?: string;
  readonly when?: { readonly condition: ConditionPlan; readonly withinNs: number };
  readonly follows?: { readonly key: string; readonly since: 'begin' | 'end'; readonly afterNs: number };
}

export const LOAD_CLOCK = 'load';

/** Everything about a fault that is drawn, each from a stream of its own. */
export function drawFault(spec: FaultSpec, byPlace: Random): Pick<Draft, 'target' | 'forNs' | 'seed'> {
  const random = spec.seed === undefined ? byPlace : seededRandom(spec.seed);
  return {
    target: spec.target(random.fork('target')),
    forNs: spec.lasts === undefined ? 0 : drawDuration(spec.lasts, random.fork('duration')),
    seed: spec.seed ?? random.fork('fault').below(2 ** 32),
  };
}

const MS = 1_000_000;

/** Whole milliseconds, where it is drawn. */
export const drawDuration = ({ minNs, maxNs }: DurationRange, random: Random): number =>
  minNs === maxNs ? minNs : Math.min(maxNs, minNs + random.below(Math.floor((maxNs - minNs) / MS) + 1) * MS);

/** What all faults of one description have in common. */
export const commonOf = ({ path, kind, params, allowsQuorumLoss, claims, takesDown }: FaultSpec) => ({
  path,
  kind,
  params,
  allowsQuorumLoss,
  claims,
  takesDown,
});
