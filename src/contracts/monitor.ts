import type { IntervalReport, LoadNotice, ServerAccess } from './load.js';
import type { OwnEventSink } from './own-event.js';
import type { MonitorPlan } from './plan/monitor.js';
import type { WorkerSample } from './resources.js';
import type { SpanReport, TraceTask } from './trace.js';

/** Which load a writer's events belong to. */
export interface WriterLabel {
  readonly writer: number;
  readonly load: string;
  /** When the load's warm-up is over, after the start of the phase clock; absent when it has none. */
  readonly warmUpEndNs?: number;
  /** The texts, placeholders and all, that the bodies of its events are made of; none for mere bytes; absent: not known. */
  readonly bodies?: readonly string[];
}

/** The task of the monitor thread: structured-cloneable. */
export interface MonitorTask {
  readonly plan: MonitorPlan;
  readonly host: string;
  readonly access: ServerAccess;
  /** The name under which the servers list the monitor's connection; `stormglass monitor` unless told. */
  readonly connectionName?: string;
  readonly writers: readonly WriterLabel[];
  /** Absent: no server is asked about itself, unless the plan has a section `probes`. */
  readonly servers?: ServersTask;
  /** Of which run what it says itself is; absent when it runs alone. */
  readonly runId?: string;
  /** Absent: it records no spans. */
  readonly trace?: TraceTask;
  /** Where no server can be reached at the start it serves its page, and goes on trying; absent: it does not start then. */
  readonly waitsForServer?: boolean;
  /** Absent when the monitor runs alone. */
  readonly phaseClock?: SharedArrayBuffer;
}

/** A server that the monitor's probe asks about itself. */
export interface ServerTarget {
  /** What its figures are told under; what it calls itself unless told. */
  readonly name?: string;
  /** What it calls itself, where that is something else than its name. */
  readonly serverName?: string;
  /** `http://127.0.0.1:8222` */
  readonly monitorUrl: string;
}

/** The servers that a probe asks about themselves, beside what its section of the plan says; structured-cloneable. */
export interface ServersTask {
  /** Those that there should be. */
  readonly targets: readonly ServerTarget[];
  /** The account of the system: without targets the servers are found and asked through it. It tells of more, too. */
  readonly systemAccess?: ServerAccess;
  /** The time from look to look is divided by it, where the section does not say one; 1 unless told. */
  readonly hurry?: number;
}

export interface MonitorListener {
  onReport(report: IntervalReport): void;
  onNotice(notice: LoadNotice): void;
  /** About once a second: what the monitor's thread used meanwhile. */
  onSample?(sample: WorkerSample): void;
  onSpans?(report: SpanReport): void;
}

/** The pages of a run's monitors, as faults see them. */
export interface MonitorPages {
  /** One of each monitor, in their order. */
  readonly metricsUrls: readonly string[];
  /**
   * Takes a page away, so that whoever asks for it is refused, or serves it again at its port; nothing else changes. Idempotent.
   * Rejects when the port was taken meanwhile.
   */
  servePage(metricsUrl: string, isServed: boolean): Promise<void>;
}

/** The monitor's thread, as the conductor sees it. What is published through it, it counts itself, and at once. */
export interface MonitorHandle extends AsyncDisposable, OwnEventSink {
  readonly metricsUrl: string;
  /** Where there are several monitors, the pages of all of them, that one first: their sums are what one would show. */
  readonly metricsUrls?: readonly string[];
  /** The servers that there should be from now on, where they come and go; for a monitor that was given some. */
  useServers(targets: readonly ServerTarget[]): void;
  /** As `MonitorPages` has it. */
  servePage: MonitorPages['servePage'];
  /**
   * Resolves once the server has handed over what it had and no event has arrived for `quietMs`, or after `timeoutMs`;
   * then delivers a last report.
   */
  drained(quietMs: number, timeoutMs: number): Promise<void>;
}
