import type { LoadNotice } from '../../contracts/load.js';
import type { MonitorHandle, MonitorListener, MonitorTask } from '../../contracts/monitor.js';
import { startMonitor } from '../start-monitor.js';
import { Partition } from './partition.js';

/**
 * Starts the monitor of a run as the threads that its plan asks for: each hears everything, and counts its own share. The
 * first serves its page at the plan's port, the others at any that is free.
 *
 * @param entry the module that calls `runMonitorWorker` with its `parentPort` and `workerData`
 */
export async function startMonitors(
  task: MonitorTask,
  entry: URL,
  listener: MonitorListener,
): Promise<MonitorHandle> {
  const { plan } = task;
  const of = plan.partitions ?? 1;
  if (of === 1) return startMonitor(task, entry, listener);
  const sights = new SharedSight((notice) => listener.onNotice(notice));
  const partitions = Array.from({ length: of }, (_, index) => ({ index, of }));
  const tasks = partitions.map((partition) => ({
    ...task,
    plan: { ...plan, partition, port: partition.index === 0 ? plan.port : 0 },
    ...(task.connectionName !== undefined && {
      connectionName: `${task.connectionName}-${partition.index + 1}`,
    }),
  }));
  const started = await Promise.allSettled(
    tasks.map((each, index) =>
      startMonitor(each, entry, { ...listener, onNotice: (notice) => sights.add(index, notice) }),
    ),
  );
  const monitors = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const end = async () => {
    await Promise.all(monitors.map((monitor) => monitor[Symbol.asyncDispose]()));
  };
  const failed = started.find((each) => each.status === 'rejected');
  if (failed) {
    await end();
    throw failed.reason;
  }
  const owners = partitions.map((partition) => new Partition(partition, plan));
  return {
    metricsUrl: monitors[0]!.metricsUrl,
    metricsUrls: monitors.map(({ metricsUrl }) => metricsUrl),
    // By the one that counts it, who thus hears it even while there is no server.
    publish: (event) => monitors[owners.findIndex((owner) => owner.ownsDomain(event.domain))]?.publish(event),
    useServers: (targets) => {
      for (const monitor of monitors) monitor.useServers(targets);
    },
    servePage: async (url, isServed) => {
      const monitor = monitors.find(({ metricsUrl }) => metricsUrl === url);
      if (monitor === undefined) throw new RangeError(`no monitor has its page at ${url}`);
      await monitor.servePage(url, isServed);
    },
    drained: async (quietMs, timeoutMs) => {
      await Promise.all(monitors.map((monitor) => monitor.drained(quietMs, timeoutMs)));
    },
    [Symbol.asyncDispose]: end,
  };
}

/** Together they are blind from when the first of them is until the last sees again. */
class SharedSight {
  readonly #tell: (notice: LoadNotice) => void;
  readonly #blind = new Set<number>();

  constructor(tell: (notice: LoadNotice) => void) {
    this.#tell = tell;
  }

  add(monitor: number, notice: LoadNotice): void {
    if (notice.kind === 'disconnected') {
      const isFirst = this.#blind.size === 0;
      this.#blind.add(monitor);
      if (!isFirst) return;
    }
    if (notice.kind === 'reconnected') {
      this.#blind.delete(monitor);
      if (this.#blind.size > 0) return;
    }
    this.#tell(notice);
  }
}
