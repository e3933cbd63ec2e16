/** The programmatic API of stormglass: what the command line is made of. */

export { EXIT, StormglassError } from '../base/errors.js';
export {
  defineFault,
  type OwnFault,
  type OwnFaultScene,
  type OwnTarget,
} from '../chaos/own/define-fault.js';
export {
  NO_STAMP,
  OPERATION_KINDS,
  type OperationBlock,
  type OperationKind,
  OUTCOMES,
  type Outcome,
  type WriterHistory,
} from '../contracts/history.js';
export type { Plan } from '../contracts/plan.js';
export type { RunResult, Verdict } from '../contracts/run-result.js';
export type { Summary } from '../contracts/summary.js';
export type { RunOutcome } from '../engine/conduct-run.js';
export { Interruption, RunInterrupted } from '../engine/interruption.js';
export { type Agent, type Behavior, defineBehavior } from '../generators/agents/behavior.js';
export { openHistory } from '../history/history-reader.js';
export { buildSummary as summaryOf } from '../reporters/build-summary.js';
export { createTerminalReporter } from '../reporters/terminal.js';
export { userName as userOf } from '../undo/audit-log.js';
export { recover } from '../undo/recover.js';
export { askRun, findRunning, type RunSight, statusOfRuns } from './ask-run.js';
export { type AuditTrail, readAuditTrail } from './audit-trail.js';
export { dryRun, type PlannedRun, planRun, type RunPlanRequest } from './plan-run.js';
export { planScenario, type ScenarioRequest, scenarioJsonSchema } from './plan-scenario.js';
export { type RunMonitorOptions, runMonitor } from './run-monitor.js';
export { type RunScenarioOptions, runScenario } from './run-scenario.js';
export { type ShrinkOutcome, type ShrinkRunOptions, shrinkRun } from './shrink/shrink-run.js';
export type { Surroundings } from './surroundings.js';
export { VERSION } from './version.js';
