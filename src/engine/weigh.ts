import { maskAssignment } from '../base/secret.js';
import type { LoadKindFacts } from '../contracts/load.js';
import type { RunResult } from '../contracts/run-result.js';
import type { UndoRecord } from '../contracts/undo.js';
import { alertFindings } from './alert-findings.js';
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
import { isMonitored } from './generator-tasks.js';
import type { MeasuredLoad } from './measure-load.js';
import type { RunRequest } from './run-request.js';
import { safetyVerdict } from './safety-sentence.js';
import { decide, type Finding } from './verdict.js';

export interface Weighing {
  readonly request: RunRequest;
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly measured: MeasuredLoad;
  /** What was found besides, which stands in the result as it is. */
  readonly told: Pick<
    RunResult,
    'environment' | 'alerts' | 'checks' | 'reads' | 'notices' | 'audit' | 'traces'
  >;
  /** What the phases met. */
  readonly met: readonly Finding[];
  readonly leftBehind: readonly UndoRecord[];
  readonly loadFacts: (kind: string) => LoadKindFacts;
}

/** Puts everything that was found on the scales: thresholds, checks, faults, loads, errors; one verdict. */
export function weigh({
  request,
  startedAt,
  endedAt,
  measured,
  told,
  met,
  leftBehind,
  loadFacts,
}: Weighing): RunResult {
  const { plan } = request;
  const { figures, lateLoads } = measured;
  const { loads, faults } = figures;
  const safety = safetyVerdict(told.checks, faults);
  const all: Finding[] = [
    ...met,
    ...faultFindings(faults),
    ...recoveryFindings(faults, plan.steadyState.recoverWithinNs),
    ...probeFindings(figures.probes),
    ...alertFindings(told.alerts, faults),
    ...checkFindings(told.checks),
    ...measured.findings,
    // Of a load that the generator kept from its schedule, there is nothing more to be said.
    ...loadFindings(
      loads.filter(({ name }) => !lateLoads.includes(name)),
      (kind) => loadFacts(kind).acknowledged,
      (kind) => isMonitored(loadFacts(kind)),
    ),
    ...confirmationFindings(loads, figures.servers, told.notices),
    ...noticeFindings(told.notices),
    ...thresholdFindings(figures.thresholds),
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
    verdict: decide(all, leftBehind),
    ...figures,
    ...told,
    ...(safety && { safety }),
  };
}
