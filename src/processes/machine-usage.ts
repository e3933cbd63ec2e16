import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, freemem } from 'node:os';

/** What this machine has used since it was started. */
export interface MachineUsage {
  /** That this process may run on. */
  readonly cores: number;
  /** Of all cores together, in nanoseconds. */
  readonly busyNs: number;
  /** Taken by the host of a virtual machine while something here was ready to run; `null`: this system does not say. */
  readonly stolenNs: number | null;
  /** Memory that could be had without swapping. */
  readonly availableBytes: number;
}

const TICK_NS = 1e7;

export function readMachineUsage(): MachineUsage {
  return { cores: availableParallelism(), ...cpuTimes(), availableBytes: availableMemory() };
}

/** /proc/stat knows what the host took away, and what interrupts took; elsewhere Node's own sums must do. */
function cpuTimes(): { busyNs: number; stolenNs: number | null } {
  const line = readText('/proc/stat')?.split('\n')[0];
  const ticks = line?.startsWith('cpu ') ? line.trim().split(/\s+/).slice(1).map(Number) : [];
  const [user, nice, system, , , irq, softirq, steal] = ticks;
  if (user !== undefined && nice !== undefined && system !== undefined) {
    const busy = user + nice + system + (irq ?? 0) + (softirq ?? 0);
    return { busyNs: busy * TICK_NS, stolenNs: steal === undefined ? null : steal * TICK_NS };
  }
  const busyMs = cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
  return { busyNs: busyMs * 1e6, stolenNs: null };
}

/** Free memory alone would leave out what the file system's cache gives back. */
function availableMemory(): number {
  const kib = /^MemAvailable:\s+(\d+) kB/m.exec(readText('/proc/meminfo') ?? '')?.[1];
  return kib === undefined ? freemem() : Number(kib) * 1024;
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return undefined;
  }
}
