import { NS } from '../../base/clock.js';
import { formatDuration } from '../../base/units.js';
import { loadEndNs, type ShrinkCase } from '../../campaigns/shrink/case.js';
import type { FaultPlan } from '../../contracts/plan/faults.js';
import type { Plan } from '../../contracts/plan.js';
import { recordedFaults } from '../../scenario/faults/recorded-faults.js';
import { recoveryEndNs } from '../../scenario/recovery-end.js';
import { SCENARIO_PLUGINS } from '../plugins.js';
import type { RecordedRun } from '../recorded-run.js';

/** What a run did, as the case that is to be made smaller, and for people what of it is left out. */
export interface OriginalCase {
  readonly case: ShrinkCase;
  readonly notes: readonly string[];
}

/** The faults that a run has made, each at a time of its own, and the load of its plan. */
export function originalCase({ saved, journal }: RecordedRun, plan: Plan): OriginalCase {
  const { faults, notMade } = recordedFaults(saved.runId, saved.plan.faults, journal);
  const endNs = lastSeenNs(plan);
  const notes = notMade.map((id) => `${id} was not made in that run, and is left out`);
  const made = faults.flatMap((fault): FaultPlan[] => {
    const atNs = Math.round(fault.atNs / NS.ms) * NS.ms;
    // What held until the load ended, and was healed then, ends a moment before that: a scenario must say so.
    const leftNs = endNs - atNs - NS.ms;
    if (leftNs <= 0) {
      notes.push(`${fault.id} began at ${formatDuration(atNs)}, when the load had ended, and is left out`);
      return [];
    }
    const forNs = fault.forNs === 0 ? 0 : Math.max(NS.ms, Math.floor(fault.forNs / NS.ms) * NS.ms);
    return [{ ...fault, atNs, forNs: Math.min(forNs, Math.floor(leftNs / NS.ms) * NS.ms) }];
  });
  const { nodes } = plan.cluster.params;
  const isOurs = plan.cluster.driver !== 'external' && typeof nodes === 'number';
  return { case: { faults: made, loads: plan.loads, ...(isOurs && { nodes }) }, notes };
}

function lastSeenNs(plan: Plan): number {
  const loads = plan.loads.flatMap((load) => {
    const facts = SCENARIO_PLUGINS.loads[load.kind]?.facts;
    return facts === undefined ? [] : [{ plan: load, facts }];
  });
  return recoveryEndNs(loads) ?? loadEndNs({ faults: [], loads: plan.loads });
}
