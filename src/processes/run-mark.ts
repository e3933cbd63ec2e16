import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { pid as ownPid, platform } from 'node:process';
import { promisify } from 'node:util';
import type { ProcessIdentity } from '../contracts/cluster.js';
import { identify, isAlive } from './identity.js';

/** In the environment of every process that a run starts: the run's id. By it they are found when the run has died. */
export const RUN_MARK = 'STORMGLASS_RUN';

/** In the environment of the watchdog, which looks after the marked ones and is never taken for one of them. */
export const WATCHDOG_MARK = 'STORMGLASS_WATCHDOG';

/** The living processes that carry the mark; never the caller, never a watchdog. */
export async function findMarked(mark: string): Promise<ProcessIdentity[]> {
  if (mark === '') throw new RangeError('an empty mark would match nothing of ours');
  const wanted = `${RUN_MARK}=${mark}`;
  const found: ProcessIdentity[] = [];
  for (const { pid, hasVariable } of platform === 'linux' ? await readEnvironments() : await askPs()) {
    if (pid === ownPid || !hasVariable(wanted) || hasVariable(`${WATCHDOG_MARK}=`, 'any value')) continue;
    const identity = identify(pid);
    if (identity && isAlive(identity)) found.push(identity);
  }
  return found;
}

interface ProcessEnvironment {
  readonly pid: number;
  hasVariable(text: string, value?: 'any value'): boolean;
}

/** Those of our own user; the others cannot be read, and are none of ours. */
async function readEnvironments(): Promise<ProcessEnvironment[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const environments = await Promise.all(
    pids.map(async (pid) => {
      const block = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
      const variables = block.split('\0');
      const hasVariable = (text: string, value?: 'any value') =>
        variables.some((variable) => (value ? variable.startsWith(text) : variable === text));
      return { pid, hasVariable };
    }),
  );
  return environments;
}

async function askPs(): Promise<ProcessEnvironment[]> {
  const { stdout } = await promisify(execFile)('/bin/ps', ['axeww', '-o', 'pid=,command='], {
    env: { LC_ALL: 'C' },
    maxBuffer: 64 * 2 ** 20,
  });
  return stdout.split('\n').map((line) => {
    const words = line.trim().split(/\s+/);
    const hasVariable = (text: string, value?: 'any value') =>
      words.some((word) => (value ? word.startsWith(text) : word === text));
    return { pid: Number(words[0]), hasVariable };
  });
}
