import type { ClusterNode } from '../contracts/cluster.js';
import type { ResourceProbe, ServerReading } from '../contracts/resources.js';
import { readVarz } from '../nats/endpoints.js';
import { readMachineUsage } from '../processes/machine-usage.js';
import { readOpenFilesLimit, readProcessUsage } from '../processes/process-usage.js';
import { StoreMeter } from '../processes/store-meter.js';

/**
 * Looks at servers by their process where there is one, else by their own page; and at ourselves, and the machine.
 *
 * @param generators processes of ours, by pid
 */
export function createResourceProbe(generators: Iterable<number> = []): ResourceProbe {
  /** Processes that have ended have used what they have used. */
  const generatorCpuNs = new Map<number, number>();
  const stores = new Map<string, StoreMeter>();
  const openFilesLimit = readOpenFilesLimit();
  const storeOf = (directory: string): StoreMeter => {
    const store = stores.get(directory) ?? new StoreMeter(directory);
    stores.set(directory, store);
    return store;
  };
  return {
    server: async (node) => {
      if (node.process === undefined) return readOwnPage(node);
      const { pid, startedAt } = node.process;
      const usage = await readProcessUsage(pid);
      if (usage === undefined) return undefined;
      const size = await (node.storeDir === undefined ? undefined : storeOf(node.storeDir).measure());
      return {
        source: 'process',
        startedAt: `${pid} ${startedAt}`,
        ...usage,
        cpuShare: null,
        connections: null,
        storeBytes: size?.storeBytes ?? null,
        freeBytes: size?.freeBytes ?? null,
      };
    },
    process: async () => {
      const { user, system } = process.cpuUsage();
      const usage = await readProcessUsage(process.pid);
      let residentBytes = process.memoryUsage.rss();
      for (const pid of generators) {
        const others = await readProcessUsage(pid);
        residentBytes += others?.residentBytes ?? 0;
        if (others) generatorCpuNs.set(pid, others.cpuNs);
      }
      const othersCpuNs = [...generatorCpuNs.values()].reduce((sum, cpuNs) => sum + cpuNs, 0);
      return {
        cpuNs: (user + system) * 1000 + othersCpuNs,
        residentBytes,
        openFiles: usage?.openFiles ?? null,
        openFilesLimit,
      };
    },
    generatorProcess: async (pid) => {
      const usage = await readProcessUsage(pid);
      if (usage === undefined) return undefined;
      const { cpuNs, residentBytes, openFiles } = usage;
      return { cpuNs, residentBytes, openFiles, openFilesLimit: readOpenFilesLimit(pid) };
    },
    machine: readMachineUsage,
  };
}

/** The word of a server whose process is not ours to look at. */
async function readOwnPage({ monitorUrl }: ClusterNode): Promise<ServerReading | undefined> {
  const page = monitorUrl === undefined ? undefined : await readVarz(monitorUrl).catch(() => undefined);
  if (page === undefined) return undefined;
  return {
    source: 'varz',
    startedAt: page.start,
    cpuNs: null,
    cpuShare: page.cpu / 100,
    residentBytes: page.mem,
    openFiles: null,
    connections: page.connections,
    storeBytes: page.jetstream?.stats?.storage ?? null,
    freeBytes: null,
    readBytes: null,
    writtenBytes: null,
  };
}
