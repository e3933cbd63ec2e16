import type { AlertsPlan } from './alert.js';
import type { CheckPlan } from './plan/checks.js';
import type { ClusterPlan } from './plan/cluster.js';
import type { EventKind } from './plan/events.js';
import type { FaultPlan } from './plan/faults.js';
import type { GuardPlan } from './plan/guards.js';
import type { RunLimits } from './plan/limits.js';
import type { LoadPlan } from './plan/loads.js';
import type { MonitorPlan } from './plan/monitor.js';
import type { SteadyStatePlan } from './plan/steady-state.js';
import type { StreamPlan } from './plan/streams.js';
import type { ThresholdPlan } from './plan/thresholds.js';
import type { TracesPlan } from './trace.js';

/**
 * A scenario after it was read, checked and resolved: plain data, everything explicit, ready to be run, printed by
 * `--dry-run` and written to plan.json. Times are nanoseconds, rates operations a second, sizes bytes.
 */
export interface Plan {
  readonly version: 1;
  readonly name: string;
  readonly seed: number;
  readonly cluster: ClusterPlan;
  readonly events: readonly EventKind[];
  readonly streams: readonly StreamPlan[];
  readonly loads: readonly LoadPlan[];
  readonly faults: readonly FaultPlan[];
  readonly guards: GuardPlan;
  readonly steadyState: SteadyStatePlan;
  readonly checks: readonly CheckPlan[];
  readonly thresholds: readonly ThresholdPlan[];
  /** Absent: no alert is expected, and none is looked at. */
  readonly alerts?: AlertsPlan;
  readonly monitor: MonitorPlan;
  /** Absent: nothing is traced. */
  readonly traces?: TracesPlan;
  readonly limits: RunLimits;
}
