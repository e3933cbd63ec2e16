import { NS } from '../base/clock.js';
import type { AlertsResult } from '../contracts/alert.js';
import { LOAD_MEASURES } from '../contracts/load.js';
import type { FaultResult, LoadPhaseResult, RunResult } from '../contracts/run-result.js';
import {
  type AlertsSummary,
  type FaultSummary,
  type PhaseSummary,
  type ResourcesSummary,
  SUMMARY_SCHEMA,
  type Summary,
  type TracesSummary,
} from '../contracts/summary.js';
import type { TracesResult } from '../contracts/trace.js';
import { summarizeLatency } from './latency-summary.js';

/** What summary.json and `--json` say of a run. Pure. */
export function buildSummary(result: RunResult): Summary {
  const started = result.loadStartNs > 0;
  return {
    schema: SUMMARY_SCHEMA,
    runId: result.runId,
    name: result.plan.name,
    seed: result.plan.seed,
    scenarioFile: result.scenarioFile,
    startedAt: result.startedAt,
    endedAt: result.endedAt,
    loadNs: started ? loadNsOf(result) : null,
    watchedNs: started ? result.loadEndNs - result.loadStartNs : null,
    verdict: result.verdict,
    environment: result.environment,
    loads: result.loads.map(({ name, kind, total, phases, stages, crowd }) => ({
      name,
      kind,
      ...(crowd && { crowd }),
      total: summarizePhase(total),
      phases: phases.map(summarizePhase),
      ...(stages && { stages }),
    })),
    faults: result.faults.map((fault) => summarizeFault(fault, result.loadStartNs)),
    probes: result.probes,
    checks: result.checks,
    safety: result.safety ?? null,
    reads: result.reads,
    thresholds: result.thresholds,
    alerts: result.alerts ? summarizeAlerts(result.alerts, result.loadStartNs) : null,
    servers: result.servers,
    resources: summarizeResources(result),
    notices: result.notices,
    traces: result.traces ? summarizeTraces(result.traces, result.loadStartNs) : null,
    ...(result.audit && { audit: result.audit }),
  };
}

/** Who follows the others has no operation that is due. */
function loadNsOf({ plan, loads }: RunResult): number {
  const followers = plan.loads.filter(({ schedule }) => schedule.mode === 'follow' && !schedule.durationNs);
  return Math.max(
    0,
    ...plan.loads
      .filter((load) => !followers.includes(load))
      .map(({ name, atNs }) => atNs + (loads.find((load) => load.name === name)?.durationNs ?? 0)),
  );
}

function summarizeResources({ resources: { clock, cores, users, limits } }: RunResult): ResourcesSummary {
  return { ...(clock && { clock }), cores, users, limits };
}

function summarizeAlerts({ fired, ...alerts }: AlertsResult, loadStartNs: number): AlertsSummary {
  return {
    ...alerts,
    fired: fired.map(({ firedNs, resolvedNs, ...alert }) => ({
      ...alert,
      firedAtNs: firedNs - loadStartNs,
      resolvedAtNs: resolvedNs === undefined ? null : resolvedNs - loadStartNs,
    })),
  };
}

function summarizePhase({ phase, durationNs, counters, histograms }: LoadPhaseResult): PhaseSummary {
  const perSec = (count: number): number | null => (durationNs > 0 ? count / (durationNs / NS.s) : null);
  const measured = LOAD_MEASURES.flatMap((measure) => {
    const histogram = histograms[measure];
    return histogram && histogram.total > 0 ? [[measure, summarizeLatency(histogram)]] : [];
  });
  return {
    phase,
    durationNs,
    counters,
    rates: {
      duePerSec: perSec(counters.due),
      sentPerSec: perSec(counters.sent),
      okPerSec: perSec(counters.ok),
      receivedPerSec: perSec(counters.received),
      bytesPerSec: perSec(counters.bytes),
      messagesPerSec: counters.messages > 0 ? perSec(counters.messages) : null,
    },
    latency: Object.fromEntries(measured),
  };
}

function summarizeTraces(
  { slowest, troubles: _notices, ...counts }: TracesResult,
  loadStartNs: number,
): TracesSummary {
  return {
    ...counts,
    slowest: slowest.map(({ startNs, ...trace }) => ({
      ...trace,
      atNs: loadStartNs > 0 ? startNs - loadStartNs : null,
    })),
  };
}

function summarizeFault(
  { injectedNs, revertedNs, ...fault }: FaultResult,
  loadStartNs: number,
): FaultSummary {
  const {
    id,
    kind,
    target,
    targets,
    byHand,
    status,
    detail,
    tests,
    before,
    during,
    after,
    recovery,
    settled,
  } = fault;
  return {
    id,
    kind,
    target,
    targets,
    ...(byHand !== undefined && { byHand }),
    status,
    ...(detail !== undefined && { detail }),
    ...(tests && { tests }),
    injectedAtNs: injectedNs > 0 ? injectedNs - loadStartNs : null,
    revertedAtNs: revertedNs > 0 ? revertedNs - loadStartNs : null,
    ...(before && { before }),
    ...(during && { during }),
    ...(after && { after }),
    recovery,
    ...(settled && { settled }),
  };
}
