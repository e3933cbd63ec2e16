/**
 * One line of journal.ndjson. Written and flushed as it happens; a run that is killed leaves what it got to.
 */
export interface JournalEvent {
  /** Wall-clock time, ISO 8601 UTC with milliseconds. */
  readonly time: string;
  /** Seconds since the start of the load; negative before it; absent while it is not yet known. */
  readonly t?: number;
  readonly type: JournalEventType;
  readonly [detail: string]: unknown;
}

export type JournalEventType =
  | 'run-started'
  | 'phase'
  | 'node'
  | 'links'
  | 'election'
  | 'advisory'
  | 'condition'
  | 'fault-recorded'
  | 'fault-injected'
  | 'fault-observed'
  | 'fault-reverted'
  | 'fault-failed'
  | 'guard'
  | 'probe'
  | 'undo'
  | 'load-notice'
  | 'trouble'
  | 'monitor'
  | 'alert'
  | 'stall'
  | 'read'
  | 'check'
  | 'interrupted'
  | 'error'
  | 'verdict';

export type RunPhase =
  | 'preflight'
  | 'cluster-up'
  | 'steady-before'
  | 'load'
  | 'heal'
  | 'drain'
  | 'steady-after'
  | 'alerts-settle'
  | 'final-read'
  | 'history-closed'
  | 'cluster-closed'
  | 'check'
  | 'report';
