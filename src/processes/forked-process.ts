import { type ChildProcess, fork } from 'node:child_process';
import { RUN_MARK } from './run-mark.js';

export interface ForkOptions {
  /** A module of ours. */
  readonly entry: URL;
  /** The run's id. */
  readonly mark: string;
  /** What the process inherits of the environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** None unless told. */
  readonly args?: readonly string[];
  /** The processors that it may run on, as taskset takes them; all that we may unless told. */
  readonly cpus?: string;
}

/**
 * Starts a Node process that carries the run's mark, with a channel that takes whatever a thread's port takes but shared
 * memory. It is in a process group of its own, so that a Ctrl-C on our terminal is for us alone; the program has to end
 * itself when the channel closes.
 */
export function forkMarked({ entry, mark, env, args = [], cpus }: ForkOptions): ChildProcess {
  return fork(entry, args, {
    // Which becomes Node itself, with the same pid and the same channel.
    ...(cpus !== undefined && { execPath: 'taskset', execArgv: ['-c', cpus, process.execPath] }),
    serialization: 'advanced',
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { ...env, [RUN_MARK]: mark },
  });
}
