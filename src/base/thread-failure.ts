import { type ExitName, messageOf, PreflightError, StormglassError, UsageError } from './errors.js';

/** An error as it crosses from one thread to another; `exit` when it is one that a user can do something about. */
export interface ThreadFailure {
  readonly message: string;
  readonly stack?: string;
  readonly exit?: ExitName;
  readonly hint?: string;
}

export function describeFailure(thrown: unknown): ThreadFailure {
  return {
    message: messageOf(thrown),
    ...(thrown instanceof Error && thrown.stack !== undefined && { stack: thrown.stack }),
    ...(thrown instanceof StormglassError && {
      exit: thrown.exit,
      ...(thrown.hint !== undefined && { hint: thrown.hint }),
    }),
  };
}

/** The same error on the other side, with the stack that it had there; one that is a bug names its thread. */
export function restoreFailure(thread: string, { message, stack, exit, hint }: ThreadFailure): Error {
  const options = hint === undefined ? {} : { hint };
  let error: Error;
  if (exit === 'preflight') error = new PreflightError(message, options);
  else if (exit === 'usage') error = new UsageError(message, options);
  else if (exit !== undefined) error = new StormglassError(exit, message, options);
  else error = new Error(`${thread}: ${message}`);
  if (stack !== undefined) error.stack = stack;
  return error;
}
