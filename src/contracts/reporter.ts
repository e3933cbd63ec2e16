import type { JournalEvent } from './journal.js';
import type { IntervalReport } from './load.js';
import type { Plan } from './plan.js';
import type { ResourceSample } from './resources.js';
import type { RunResult } from './run-result.js';

export interface RunStart {
  readonly runId: string;
  readonly plan: Plan;
  readonly runDir: string;
  readonly startedAt: Date;
}

/**
 * Turns what happens into one kind of output. Adding to it must not block the run: nothing here is waited for but
 * `onStart` and `onEnd`. A reporter that fails at its end does not keep the others from theirs.
 */
export interface Reporter {
  readonly name: string;
  onStart?(run: RunStart): Promise<void>;
  onEvent?(event: JournalEvent): void;
  onReport?(report: IntervalReport): void;
  /** About once a second for each server, each thread of ours, the process and the machine. */
  onSample?(sample: ResourceSample): void;
  /** Monotonic start of the load: from here on rows have a time. */
  onLoadStart?(startNs: number): void;
  /** @param written the names of the reporters that have come to their end before this one */
  onEnd?(result: RunResult, written?: readonly string[]): Promise<void>;
}
