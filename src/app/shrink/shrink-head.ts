import { basename } from 'node:path';
import { describeCase, type ShrinkCase } from '../../campaigns/shrink/case.js';
import type { Tally } from '../../campaigns/shrink/failure-bound.js';
import { describeFailure, type FailureClass } from '../../campaigns/shrink/failure-class.js';
import type { SavedPlan } from '../../engine/save-plan.js';

export interface ShrinkFacts {
  readonly saved: SavedPlan;
  readonly failure: FailureClass;
  readonly original: { readonly case: ShrinkCase; readonly tally: Tally };
  readonly smallest: { readonly case: ShrinkCase; readonly tally: Tally };
  /** What its last run that failed said. */
  readonly note: string;
  readonly file: string;
}

/** What stands above a scenario that was shrunk: of which run it is, how often it failed, and what it shows. */
export function shrinkHead({
  saved,
  failure,
  original,
  smallest,
  note,
  file,
}: ShrinkFacts): readonly string[] {
  const { runId, plan, scenarioFile } = saved;
  return [
    `Shrunk by stormglass from run ${runId} of ${basename(scenarioFile)} (${plan.name}), seed ${plan.seed}.`,
    `Fails with ${describeFailure(failure)}.`,
    ...(note === '' ? [] : [`Seen: ${note}`]),
    `It failed in ${countOf(smallest.tally)}; the run as it was, in ${countOf(original.tally)}.`,
    `Left of that: ${describeCase(smallest.case, original.case)}.`,
    `Run it: stormglass run ${basename(file)}`,
  ];
}

/** `7 of 10 runs`, and how many beside them said neither. */
export function countOf({ fails, passes, unresolved }: Tally): string {
  const runs = fails + passes;
  const neither = unresolved === 0 ? '' : ` (${unresolved} more said neither)`;
  return `${fails} of ${runs} ${runs === 1 ? 'run' : 'runs'}${neither}`;
}
