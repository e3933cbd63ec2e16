import type { Cluster } from '../contracts/cluster.js';
import type { MonitorHandle, MonitorListener, MonitorTask } from '../contracts/monitor.js';
import type { Plan } from '../contracts/plan.js';
import { connectionPrefix } from './generator-tasks.js';
import type { Journal } from './journal.js';
import { ProbedServers, serverTargets } from './probed-servers.js';
import type { Scope } from './scope.js';
import type { RunServices } from './services.js';

export interface LoadMonitorOptions {
  readonly plan: Plan;
  readonly runId: string;
  readonly services: Pick<RunServices, 'startMonitor'>;
  readonly cluster: Cluster;
  readonly journal: Journal;
  readonly scope: Scope;
}

/** Starts the monitor of a load, and keeps it told of the servers that there are. */
export async function startLoadMonitor(
  { plan, runId, services, cluster, journal, scope }: LoadMonitorOptions,
  beside: Pick<MonitorTask, 'writers' | 'phaseClock' | 'trace'>,
  listener: MonitorListener,
): Promise<MonitorHandle> {
  const started = await services.startMonitor(
    {
      plan: plan.monitor,
      host: '127.0.0.1',
      // What it counts and measures is what was published, whatever becomes of the load's own way.
      access: cluster.observerAccess,
      connectionName: `${connectionPrefix(runId)}monitor`,
      servers: {
        targets: serverTargets(cluster.nodes),
        ...(cluster.systemAccess && { systemAccess: cluster.systemAccess }),
        ...(plan.alerts && { hurry: plan.alerts.factor }),
      },
      runId,
      ...beside,
    },
    listener,
  );
  const monitor = scope.use('the monitor', started);
  const { metricsUrl, metricsUrls } = monitor;
  journal.write('monitor', { what: 'started', url: metricsUrl, ...(metricsUrls && { urls: metricsUrls }) });
  const servers = new ProbedServers(cluster, (targets) => monitor.useServers(targets));
  scope.add("the look at the cluster's nodes", async () => servers.stop());
  servers.start();
  return monitor;
}
