import type { IntervalReport, LoadNotice, ServerAccess } from './load.js';
import type { MonitorPlan } from './plan.js';
import type { WorkerSample } from './resources.js';

/** Which load a writer's events belong to. */
export interface WriterLabel {
  readonly writer: number;
  readonly load: string;
  /** When the load's warm-up is over, after the start of the phase clock; absent when it has none. */
  readonly warmUpEndNs?: number;
}

/** The task of the monitor thread: structured-cloneable. */
export interface MonitorTask {
  readonly plan: MonitorPlan;
  readonly host: string;
  readonly access: ServerAccess;
  /** The name under which the servers list the monitor's connection; `stormglass monitor` unless told. */
  readonly connectionName?: string;
  readonly writers: readonly WriterLabel[];
  /** Absent when the monitor runs alone. */
  readonly phaseClock?: SharedArrayBuffer;
}

export interface MonitorListener {
  onReport(report: IntervalReport): void;
  onNotice(notice: LoadNotice): void;
  /** About once a second: what the monitor's thread used meanwhile. */
  onSample?(sample: WorkerSample): void;
}

/** The monitor's thread, as the conductor sees it. */
export interface MonitorHandle extends AsyncDisposable {
  readonly metricsUrl: string;
  /** Resolves once no event has arrived for `quietMs`, or after `timeoutMs`; then delivers a last report. */
  drained(quietMs: number, timeoutMs: number): Promise<void>;
}
