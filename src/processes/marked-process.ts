import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { codeOf, messageOf, PreflightError } from '../base/errors.js';
import type { ProcessIdentity } from '../contracts/cluster.js';
import { identify } from './identity.js';
import { RUN_MARK } from './run-mark.js';

export interface MarkedProcessOptions {
  /** Path of the program. */
  readonly command: string;
  readonly args: readonly string[];
  /** The run's id. */
  readonly mark: string;
  /** stdout and stderr are appended to it. */
  readonly logFile: string;
  /** Lets the process outlive ours (for a healer that goes away); otherwise ours stays as long as it runs. */
  readonly unattended?: boolean;
}

/** How a process ended: one of the two is set. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface MarkedProcess {
  readonly identity: ProcessIdentity;
  /** Resolves when the process has ended; never rejects. */
  readonly ended: Promise<ProcessEnd>;
}

/**
 * Starts a program that carries the run's mark, in a process group of its own: a Ctrl-C on our terminal is for us, and
 * we end our servers in order. The environment holds the mark and nothing else. Throws a PreflightError when the
 * program cannot be started.
 */
export async function startMarkedProcess(options: MarkedProcessOptions): Promise<MarkedProcess> {
  const { command, args, mark, logFile, unattended = false } = options;
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'a');
  let child: ChildProcess;
  try {
    child = spawn(command, args, { detached: true, stdio: ['ignore', log, log], env: { [RUN_MARK]: mark } });
  } catch (error) {
    throw cannotStart(command, error);
  } finally {
    closeSync(log);
  }
  if (child.pid === undefined) {
    throw cannotStart(command, await new Promise<unknown>((resolve) => child.once('error', resolve)));
  }
  const ended = new Promise<ProcessEnd>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  // Before this turn ends nobody has reaped the child, so the pid is its own even if it has ended.
  const identity = identify(child.pid);
  if (identity === undefined) {
    child.kill('SIGKILL');
    throw new Error(`process ${child.pid} was started and cannot be looked at`);
  }
  if (unattended) child.unref();
  return { identity, ended };
}

function cannotStart(command: string, error: unknown): PreflightError {
  return new PreflightError(`${command} cannot be started: ${explain(error)}`, { cause: error });
}

function explain(error: unknown): string {
  switch (codeOf(error)) {
    case 'ENOENT':
      return 'there is no such file';
    case 'EACCES':
      return 'it is not a program that we may run';
    default:
      return messageOf(error);
  }
}
