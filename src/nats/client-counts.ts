import { readConnz } from './endpoints.js';
import type { MonitoredNode } from './leaders.js';

const PAGE_CONNECTIONS = 10_000;

/** How many open connections each reachable node has, less those of that name, by node name. */
export async function readClientCounts(
  nodes: readonly MonitoredNode[],
  withoutName: string,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  await Promise.all(
    nodes.map(async ({ name, monitorUrl }) => {
      if (monitorUrl === undefined) return;
      const page = await readConnz(monitorUrl, 0, PAGE_CONNECTIONS, 'open').catch(() => undefined);
      if (page === undefined) return;
      const own = page.connections.filter((connection) => connection.name === withoutName).length;
      counts.set(name, page.total - own);
    }),
  );
  return counts;
}
