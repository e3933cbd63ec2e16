import type { Cluster, ClusterNode } from '../contracts/cluster.js';
import type { ServerTarget } from '../contracts/monitor.js';

const LOOK_EVERY_MS = 1000;

/** The nodes whose pages are known: what the monitor's probe asks. */
export const serverTargets = (nodes: readonly ClusterNode[]): ServerTarget[] =>
  nodes.flatMap(({ name, serverName, monitorUrl }) =>
    monitorUrl === undefined ? [] : [{ name, ...(serverName && { serverName }), monitorUrl }],
  );

/** Tells when nodes were added or removed, or another server stands in the place of one. */
export class ProbedServers {
  readonly #cluster: Pick<Cluster, 'nodes'>;
  readonly #onChange: (targets: readonly ServerTarget[]) => void;
  #known: string;
  #timer: NodeJS.Timeout | undefined;

  constructor(cluster: Pick<Cluster, 'nodes'>, onChange: (targets: readonly ServerTarget[]) => void) {
    this.#cluster = cluster;
    this.#onChange = onChange;
    this.#known = JSON.stringify(serverTargets(cluster.nodes));
  }

  start(): void {
    this.#timer = setInterval(() => this.look(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  look(): void {
    const targets = serverTargets(this.#cluster.nodes);
    const now = JSON.stringify(targets);
    if (now === this.#known) return;
    this.#known = now;
    this.#onChange(targets);
  }
}
