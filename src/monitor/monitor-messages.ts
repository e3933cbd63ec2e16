import { type ExitName, messageOf, PreflightError, StormglassError, UsageError } from '../base/errors.js';
import type { IntervalReport, LoadNotice } from '../contracts/load.js';

/** What the conductor's thread says to the monitor's. */
export type ToMonitor =
  | { readonly say: 'drain'; readonly quietMs: number; readonly timeoutMs: number }
  | { readonly say: 'stop' };

/** What the monitor's thread says; `stopped` or `failed` is its last word. */
export type FromMonitor =
  | { readonly say: 'ready'; readonly metricsUrl: string }
  | { readonly say: 'report'; readonly report: IntervalReport }
  | { readonly say: 'notice'; readonly notice: LoadNotice }
  | { readonly say: 'drained' }
  | { readonly say: 'stopped' }
  | { readonly say: 'failed'; readonly failure: MonitorFailure };

/** An error as it crosses threads; `exit` when it is one that a user can do something about. */
export interface MonitorFailure {
  readonly message: string;
  readonly stack?: string;
  readonly exit?: ExitName;
  readonly hint?: string;
}

export function describeFailure(thrown: unknown): MonitorFailure {
  return {
    message: messageOf(thrown),
    ...(thrown instanceof Error && thrown.stack !== undefined && { stack: thrown.stack }),
    ...(thrown instanceof StormglassError && { exit: thrown.exit }),
    ...(thrown instanceof StormglassError && thrown.hint !== undefined && { hint: thrown.hint }),
  };
}

/** The same error on this side of the thread's wall, with the stack that it had there. */
export function restoreFailure({ message, stack, exit, hint }: MonitorFailure): Error {
  const options = hint === undefined ? {} : { hint };
  let error: Error;
  if (exit === 'preflight') error = new PreflightError(message, options);
  else if (exit === 'usage') error = new UsageError(message, options);
  else if (exit !== undefined) error = new StormglassError(exit, message, options);
  else error = new Error(`the monitor: ${message}`);
  if (stack !== undefined) error.stack = stack;
  return error;
}
