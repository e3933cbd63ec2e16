import { formatDuration } from '../../base/units.js';
import type { GuardPlan } from '../../contracts/plan/guards.js';
import type { StreamPlan } from '../../contracts/plan/streams.js';
import type { KindSchemas } from '../kinds.js';
import type { Findings } from '../problem.js';
import type { ConditionScene } from '../resolve-condition.js';
import type { FaultSpec } from './draft.js';
import type { FaultPlace } from './read-fault.js';

/** What a fault's checks look at; what is `undefined` could not be read, and is not checked against. */
export interface FaultScene extends FaultPlace, ConditionScene {
  readonly schemas: KindSchemas;
  readonly guards: GuardPlan | undefined;
  /** When the loads that show a recovery end. */
  readonly loadEndNs: number | undefined;
  /** With those that loads make for themselves. */
  readonly streams: readonly StreamPlan[];
  readonly seed: number;
}

/** Whether a fault holds for no longer than the guards let; reports it where not. */
export function isShortEnough(
  { lasts, lastsPath }: FaultSpec,
  { guards }: FaultScene,
  findings: Findings,
): boolean {
  const longestNs = guards?.longestNs;
  if (lasts === undefined || longestNs === undefined || lasts.maxNs <= longestNs) return true;
  const message = `the fault holds for ${formatDuration(lasts.maxNs)}, and guards.longest is ${formatDuration(longestNs)}`;
  findings.add(lastsPath, message, 'Make the fault shorter, or raise guards.longest.');
  return false;
}
