import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { platform } from 'node:process';
import type { ProcessIdentity } from '../contracts/cluster.js';

interface ProcessState {
  /** Without white space, so that it can stand in a file name. */
  readonly startedAt: string;
  /** Ended, and not yet taken notice of by its parent. */
  readonly zombie: boolean;
  /** By SIGSTOP, or a debugger. */
  readonly stopped: boolean;
}

/** Who the process with this pid is now; `undefined` when there is none. */
export function identify(pid: number): ProcessIdentity | undefined {
  const state = readState(pid);
  return state && { pid, startedAt: state.startedAt };
}

/** Whether this very process still runs: a zombie does not, nor does another that was given its pid. */
export function isAlive(identity: ProcessIdentity): boolean {
  const state = readState(identity.pid);
  return state !== undefined && !state.zombie && state.startedAt === identity.startedAt;
}

/** Whether this very process is there, but held up by SIGSTOP. */
export function isStopped(identity: ProcessIdentity): boolean {
  const state = readState(identity.pid);
  return state?.startedAt === identity.startedAt && state.stopped;
}

function readState(pid: number): ProcessState | undefined {
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  return platform === 'linux' ? readProcStat(pid) : askPs(pid);
}

function readProcStat(pid: number): ProcessState | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  // Field 2 is the command in parentheses, and may hold anything, parentheses and spaces too: count after the last.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fields[0];
  const startTicks = fields[19];
  if (state === undefined || startTicks === undefined) return undefined;
  return {
    startedAt: `${startTicks}-${bootOf()}`,
    zombie: state === 'Z' || state === 'X',
    stopped: state === 'T' || state === 't',
  };
}

/** Ticks are counted anew after a restart of the machine, and so are pids: the same of both may be another process then. */
function bootOf(): string {
  boot ??= readBoot();
  return boot;
}

let boot: string | undefined;

function readBoot(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').slice(0, 8);
  } catch {
    return 'unknown';
  }
}

function askPs(pid: number): ProcessState | undefined {
  try {
    const line = execFileSync('/bin/ps', ['-o', 'state=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      env: { LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
    const [state = '', ...started] = line.split(/\s+/);
    return {
      startedAt: started.join('-'),
      zombie: state.startsWith('Z'),
      stopped: state.startsWith('T'),
    };
  } catch {
    return undefined;
  }
}
