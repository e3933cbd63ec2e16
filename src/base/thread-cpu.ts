import { readFileSync } from 'node:fs';

/** What the calling thread has used since it began, in nanoseconds; `null`: this system does not say. */
export interface ThreadCpu {
  readonly cpuNs: number | null;
  /** Ready to run, and no core was free for it. */
  readonly runQueueNs: number | null;
}

/** Linux counts a process's time in hundredths of a second, whatever the kernel's own clock is. */
const TICK_NS = 1e7;
const UNKNOWN: ThreadCpu = { cpuNs: null, runQueueNs: null };

/**
 * Reads what this thread has used. `/proc/thread-self` names the thread that opens it, and a synchronous read is made
 * by the caller itself: so it works in a worker, which has no way to learn its own number. Takes about 0.1 ms.
 */
export function readThreadCpu(): ThreadCpu {
  return fromSchedstat() ?? fromStat() ?? fromNode() ?? UNKNOWN;
}

/** To the nanosecond, and the only place that tells the wait for a core. */
function fromSchedstat(): ThreadCpu | undefined {
  const [cpuNs, runQueueNs] = readProc('schedstat')?.split(' ').map(Number) ?? [];
  // A kernel that does not keep the account says three zeros.
  if (!cpuNs || runQueueNs === undefined) return undefined;
  return { cpuNs, runQueueNs };
}

function fromStat(): ThreadCpu | undefined {
  const stat = readProc('stat');
  if (stat === undefined) return undefined;
  // Field 2 is the command in parentheses, and may hold anything: count after the last.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  return Number.isFinite(ticks) ? { cpuNs: ticks * TICK_NS, runQueueNs: null } : undefined;
}

/** Node has had it since 23.9. */
function fromNode(): ThreadCpu | undefined {
  const { threadCpuUsage } = process as { threadCpuUsage?: () => NodeJS.CpuUsage };
  const used = threadCpuUsage?.();
  return used && { cpuNs: (used.user + used.system) * 1000, runQueueNs: null };
}

function readProc(file: string): string | undefined {
  try {
    return readFileSync(`/proc/thread-self/${file}`, 'latin1');
  } catch {
    return undefined;
  }
}
