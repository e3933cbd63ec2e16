import type { LoadKindFacts } from '../contracts/load.js';
import type { LoadPlan } from '../contracts/plan/loads.js';
import { endNsOf } from './resolve-schedule.js';

/**
 * When the loads end that show a recovery, after the start of the load. It is seen by acknowledged operations; where there
 * are none, by any. Who follows lasts as long as the others. `undefined` without loads.
 */
export function recoveryEndNs(
  loads: readonly { readonly plan: LoadPlan; readonly facts: LoadKindFacts }[],
): number | undefined {
  const acknowledged = loads.filter(({ facts }) => facts.acknowledged);
  const seeing = acknowledged.length > 0 ? acknowledged : loads;
  const runEndNs = Math.max(...loads.map(({ plan }) => endNsOf(plan)));
  return seeing.length > 0 ? Math.max(...seeing.map(({ plan }) => endNsOf(plan) || runEndNs)) : undefined;
}
