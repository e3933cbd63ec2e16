import { maskAssignment } from '../base/secret.js';
import type { AlertsResult } from '../contracts/alert.js';
import type { CheckResult } from '../contracts/checker.js';
import type { LoadNotice } from '../contracts/load.js';
import type { ResourcesResult } from '../contracts/resources.js';
import type { AuditHead, FaultResult, RunResult, ServerCounters } from '../contracts/run-result.js';
import type { ReadSummary } from '../contracts/safety.js';
import type { TracesResult } from '../contracts/trace.js';
import type { UndoRecord } from '../contracts/undo.js';
import { recoveryPerFault } from '../metrics/recovery.js';
import { addRecoverySteps } from '../metrics/recovery-steps.js';
import { evaluateThreshold } from '../metrics/thresholds.js';
import { alertFindings } from './alert-findings.js';
import type { RunRequest } from './conduct-run.js';
import {
  checkFindings,
  confirmationFindings,
  faultFindings,
  loadFindings,
  noticeFindings,
  probeFindings,
  recoveryFindings,
  thresholdFindings,
} from './findings.js';
import { findLimits } from './load-limits.js';
import type { LoadStage } from './load-stage.js';
import { safetyVerdict } from './safety-sentence.js';
import { countersBetween, serverVersions } from './server-counters.js';
import { decide, type Finding } from './verdict.js';

/** A report's charts have no use for more points than this. */
const MOST_ROWS = 1200;

export interface Weighing {
  readonly request: RunRequest;
  readonly startedAt: Date;
  readonly endedAt: Date;
  /** Absent when the run ended before there was one. */
  readonly load: LoadStage | undefined;
  /** Absent where none was expected, or it did not come to that. */
  readonly alerts: AlertsResult | undefined;
  readonly checks: readonly CheckResult[];
  /** What they read. */
  readonly reads: readonly ReadSummary[];
  /** What connections and the run's own helpers met. */
  readonly notices: readonly LoadNotice[];
  /** What the phases met. */
  readonly findings: readonly Finding[];
  readonly leftBehind: readonly UndoRecord[];
  readonly audit: AuditHead | undefined;
  readonly traces: TracesResult | undefined;
  acknowledged(kind: string): boolean;
  /** Whether the monitor counts what arrives of loads of this kind. */
  monitored(kind: string): boolean;
}

/** Puts everything that was found on the scales: thresholds, checks, faults, loads, errors; one verdict. */
export function weigh({
  request,
  startedAt,
  endedAt,
  load,
  alerts,
  checks,
  reads,
  notices,
  findings,
  leftBehind,
  audit,
  traces,
  acknowledged,
  monitored,
}: Weighing): RunResult {
  const { plan } = request;
  const started = load !== undefined && load.startNs > 0;
  const loads = started
    ? load.totals.results(load.endNs).map((result) => {
        const crowd = load.crowds.get(result.name);
        return crowd ? { ...result, crowd } : result;
      })
    : [];
  const recoveries = started
    ? addRecoverySteps(
        recoveryPerFault(
          load.totals.troubles,
          load.faults.map(({ injectedNs }) => injectedNs),
          load.endNs,
        ),
        load.faults,
        load.recovery,
      )
    : [];
  const probes = started ? load.probes.results : [];
  const faults: FaultResult[] = started
    ? load.faults.map((fault, i) => ({ ...fault, recovery: recoveries[i] ?? { troubledOperations: 0 } }))
    : [];
  const {
    limits,
    lateLoads,
    findings: ownFindings,
  } = started ? findLimits(plan.loads, loads, load.resources) : { limits: [], lateLoads: [], findings: [] };
  const isGeneratorBound = (name: string): boolean =>
    limits.some(({ load: limited, by }) => limited === name && by === 'generator');
  const thresholds = started
    ? plan.thresholds.map((threshold) =>
        evaluateThreshold(threshold, {
          loads,
          faults,
          acknowledged,
          monitorWasCutOff: load.notices.monitorWasCutOff,
          ownDoing: (name) => ({
            saturatedShare: load.resources.receivedWhileSaturated(name),
            answeredShare: load.resources.answeredWhileSaturated(name),
            receiver: load.resources.receivesItself(name) ? 'load' : 'monitor',
            isGeneratorBound: isGeneratorBound(name),
          }),
        }),
      )
    : [];
  const safety = safetyVerdict(checks, faults);
  const servers: ServerCounters = load
    ? {
        ...countersBetween(load.countersBefore, load.countersAfter),
        ...(load.confirmed && { confirmed: load.confirmed }),
      }
    : { restarted: [] };
  const all: Finding[] = [
    ...findings,
    ...faultFindings(faults),
    ...recoveryFindings(faults, plan.steadyState.recoverWithinNs),
    ...probeFindings(probes),
    ...alertFindings(alerts, faults),
    ...checkFindings(checks),
    ...ownFindings,
    // Of a load that the generator kept from its schedule, there is nothing more to be said.
    ...loadFindings(
      loads.filter(({ name }) => !lateLoads.includes(name)),
      acknowledged,
      monitored,
    ),
    ...confirmationFindings(loads, servers),
    ...noticeFindings(notices),
    ...thresholdFindings(thresholds),
    ...leftBehind.map(
      ({ what, manual }): Finding => ({ exit: 'unreverted', text: `left behind: ${what}`, hint: manual }),
    ),
  ];
  return {
    runId: request.runId,
    plan,
    scenarioFile: request.scenarioFile,
    overrides: request.overrides.map(maskAssignment),
    ...(request.replay && { replay: request.replay }),
    startedAt: startedAt.toISOString(),
    endedAt: endedAt.toISOString(),
    loadStartNs: load?.startNs ?? 0,
    loadEndNs: load?.endNs ?? 0,
    verdict: decide(all, leftBehind),
    environment: { ...request.environment, ...(load && serverVersions(load.countersAfter)) },
    loads,
    faults,
    probes,
    checks,
    ...(safety && { safety }),
    reads,
    thresholds,
    ...(alerts && { alerts }),
    timeline: started ? load.totals.timeline(MOST_ROWS) : { rowNs: 1e9, loads: [] },
    servers,
    resources: resourcesOf(load, limits),
    notices,
    ...(audit && { audit }),
    ...(traces && { traces }),
  };
}

function resourcesOf(load: LoadStage | undefined, limits: ResourcesResult['limits']): ResourcesResult {
  if (load === undefined) return { cores: 0, users: [], limits, rowNs: 1e9, timeline: [] };
  const { resources, clock } = load;
  return {
    ...(clock && { clock }),
    cores: resources.cores,
    users: resources.uses,
    limits,
    ...resources.timeline(MOST_ROWS),
  };
}
