import type { Interruption } from '../app/index.js';
import type { ExitCode } from '../base/errors.js';

/** What a command is given: where to write, what to read of the environment, and when to stop. */
export interface CliContext {
  readonly env: NodeJS.ProcessEnv;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly interruption: Interruption;
  /** A command reports how it ended. */
  end(code: ExitCode): void;
}

/** Ctrl-C, SIGTERM and a closed terminal reach the command as requests to stop; twice means in a hurry. */
export function listenForInterrupts(interruption: Interruption): void {
  process.on('SIGINT', () => interruption.request('interrupted', 'Ctrl-C'));
  process.on('SIGTERM', () => interruption.request('terminated', 'SIGTERM'));
  process.on('SIGHUP', () => interruption.request('terminated', 'SIGHUP'));
}
