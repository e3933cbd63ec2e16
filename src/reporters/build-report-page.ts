import { NS } from '../base/clock.js';
import { LOAD_COUNTERS, LOAD_MEASURES } from '../contracts/load.js';
import type { PageTimeline, PercentileCurve, ReportPage } from '../contracts/report-page.js';
import type { RunResult, Timeline, TimelineRow } from '../contracts/run-result.js';
import { buildPageResources } from './build-page-resources.js';
import { buildSummary } from './build-summary.js';
import { percentileCurve } from './percentile-curve.js';
import { rerunCommand } from './rerun-command.js';

/** Everything that report.html shows. Pure. */
export function buildReportPage(result: RunResult): ReportPage {
  return {
    summary: buildSummary(result),
    curves: curvesOf(result),
    timeline: timelineColumns(result.timeline),
    resources: buildPageResources(result.resources),
    rerun: rerunCommand(result),
  };
}

function curvesOf({ loads }: RunResult): PercentileCurve[] {
  const curves: PercentileCurve[] = [];
  for (const load of loads) {
    for (const { phase, histograms } of [load.total, ...load.phases]) {
      for (const measure of LOAD_MEASURES) {
        const histogram = histograms[measure];
        if (!histogram || histogram.total === 0) continue;
        curves.push({ load: load.name, measure, phase, ...percentileCurve(histogram) });
      }
    }
  }
  return curves;
}

function timelineColumns({ rowNs, loads }: Timeline): PageTimeline {
  return {
    rowSec: rowNs / NS.s,
    loads: loads.map(({ name, rows }) => ({
      name,
      t: rows.map((row) => row.t),
      counters: Object.fromEntries(
        LOAD_COUNTERS.filter((counter) => rows.some((row) => row.counters[counter])).map((counter) => [
          counter,
          rows.map((row) => row.counters[counter] ?? 0),
        ]),
      ),
      pending: rows.map((row) => row.pending),
      latency: latencyColumns(rows),
    })),
  };
}

function latencyColumns(rows: readonly TimelineRow[]): PageTimeline['loads'][number]['latency'] {
  return Object.fromEntries(
    LOAD_MEASURES.filter((measure) => rows.some((row) => row.latency[measure])).map((measure) => [
      measure,
      {
        p50: rows.map((row) => row.latency[measure]?.p50 ?? null),
        p99: rows.map((row) => row.latency[measure]?.p99 ?? null),
        max: rows.map((row) => row.latency[measure]?.max ?? null),
      },
    ]),
  );
}
