import { NS } from '../../../src/base/clock.js';
import type { IntervalReport, LoadMeasure } from '../../../src/contracts/load.js';
import type { Plan } from '../../../src/contracts/plan.js';
import type { Timeline, TimelineRow } from '../../../src/contracts/run-result.js';
import { LatencyHistogram } from '../../../src/metrics/latency-histogram.js';
import { mergedCounters, mergedHistograms } from './merged-reports.js';
import { START_NS } from './story.js';

/** Second by second. */
export function sampleTimeline(plan: Plan, reports: readonly IntervalReport[]): Timeline {
  const rowOf = (name: string, second: number): TimelineRow => {
    const own = reports.filter(
      (report) => report.load === name && report.startNs === START_NS + second * NS.s,
    );
    const parts = own.flatMap((report) => report.phases);
    const latencies: Partial<Record<LoadMeasure, { p50: number; p99: number; max: number }>> = {};
    for (const [measure, snapshot] of Object.entries(mergedHistograms(parts))) {
      const histogram = LatencyHistogram.from(snapshot);
      latencies[measure as LoadMeasure] = {
        p50: histogram.percentile(50).lower,
        p99: histogram.percentile(99).lower,
        max: histogram.max,
      };
    }
    return {
      t: second,
      counters: mergedCounters(parts),
      pending: own.reduce((sum, { pending }) => sum + pending, 0),
      latency: latencies,
    };
  };
  const rows = Math.max(...reports.map((report) => (report.endNs - START_NS) / NS.s));
  return {
    rowNs: NS.s,
    loads: plan.loads.map(({ name }) => ({
      name,
      rows: Array.from({ length: rows }, (_, second) => rowOf(name, second)),
    })),
  };
}
