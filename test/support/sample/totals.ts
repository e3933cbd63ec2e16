import { NS } from '../../../src/base/clock.js';
import type { IntervalReport } from '../../../src/contracts/load.js';
import type { LoadPlan } from '../../../src/contracts/plan/loads.js';
import type { LoadPhaseResult, LoadResult } from '../../../src/contracts/run-result.js';
import { mergedCounters, mergedHistograms } from './merged-reports.js';
import { AFTERMATH_NS, type SampleStory } from './story.js';

/** All reports of a load, merged by phase and into a total. */
export function sampleTotals(
  { name, kind }: LoadPlan,
  reports: readonly IntervalReport[],
  { seconds, faultFromNs, faultToNs }: SampleStory,
): LoadResult {
  const durationNs = seconds * NS.s;
  const faultsNs = faultToNs + AFTERMATH_NS - faultFromNs;
  const own = reports.filter((report) => report.load === name).flatMap((report) => report.phases);
  const merge = (phase: LoadPhaseResult['phase'], length: number): LoadPhaseResult => {
    const parts = own.filter((part) => phase === 'total' || part.phase === phase);
    const histograms = mergedHistograms(parts);
    return { phase, durationNs: length, counters: mergedCounters(parts), histograms };
  };
  return {
    name,
    kind,
    durationNs,
    phases: [merge('steady', durationNs - faultsNs), merge('faults', faultsNs)],
    total: merge('total', durationNs),
  };
}
