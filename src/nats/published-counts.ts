import { readConnz } from './endpoints.js';
import type { MonitoredNode } from './leaders.js';

/** Asked for at a time; a server lists 1,024 unless told. */
const PAGE_CONNECTIONS = 10_000;

/**
 * How many messages the servers took from the connections whose name begins so, summed by name; also from those that
 * were closed since (a server remembers the last 10,000). A server that was restarted has forgotten what it took
 * before. Rejects when one of them does not answer: the sum would be too low.
 */
export async function readPublishedCounts(
  nodes: readonly MonitoredNode[],
  namePrefix: string,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  await Promise.all(
    nodes.map(async ({ monitorUrl }) => {
      if (monitorUrl === undefined) return;
      for (let offset = 0; ; offset += PAGE_CONNECTIONS) {
        const page = await readConnz(monitorUrl, offset, PAGE_CONNECTIONS);
        for (const { name, in_msgs } of page.connections) {
          if (name?.startsWith(namePrefix)) counts.set(name, (counts.get(name) ?? 0) + in_msgs);
        }
        if (offset + page.connections.length >= page.total || page.connections.length === 0) return;
      }
    }),
  );
  return counts;
}
