import type { SlowConsumer } from '../contracts/control.js';
import { readConnz } from './endpoints.js';
import type { MonitoredNode } from './leaders.js';

const PAGE_CONNECTIONS = 10_000;

/**
 * Those of the connections whose name begins so that the servers cut off for being slow: the client itself only sees its
 * connection end. A server remembers the last 10,000 that were closed, and none from before its own restart; one that
 * does not answer is left out.
 */
export async function readSlowConsumers(
  nodes: readonly MonitoredNode[],
  namePrefix: string,
): Promise<readonly SlowConsumer[]> {
  const slow = await Promise.all(
    nodes.map((node) => slowConsumersOf(node, namePrefix).catch((): SlowConsumer[] => [])),
  );
  return slow.flat();
}

async function slowConsumersOf(
  { name: node, monitorUrl }: MonitoredNode,
  namePrefix: string,
): Promise<SlowConsumer[]> {
  const slow: SlowConsumer[] = [];
  if (monitorUrl === undefined) return slow;
  for (let offset = 0; ; offset += PAGE_CONNECTIONS) {
    const page = await readConnz(monitorUrl, offset, PAGE_CONNECTIONS);
    for (const { name = '', reason = '' } of page.connections) {
      const isSlow = reason.startsWith('Slow Consumer');
      if (isSlow && name.startsWith(namePrefix)) slow.push({ connectionName: name, reason, node });
    }
    if (offset + page.connections.length >= page.total || page.connections.length === 0) return slow;
  }
}
