import type { NodeCounters } from '../contracts/control.js';
import { readVarz } from './endpoints.js';
import type { MonitoredNode } from './leaders.js';

/** The reachable nodes' own counters, by node name; a node that does not answer is absent. */
export async function readCounters(
  nodes: readonly MonitoredNode[],
): Promise<ReadonlyMap<string, NodeCounters>> {
  const counters = new Map<string, NodeCounters>();
  await Promise.all(
    nodes.map(async ({ name, monitorUrl }) => {
      if (monitorUrl === undefined) return;
      const page = await readVarz(monitorUrl).catch(() => undefined);
      if (page === undefined) return;
      counters.set(name, {
        startedAt: page.start,
        version: page.version,
        inMsgs: page.in_msgs,
        outMsgs: page.out_msgs,
        inBytes: page.in_bytes,
        slowConsumers: page.slow_consumers,
        connections: page.connections,
      });
    }),
  );
  return counters;
}
