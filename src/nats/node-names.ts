import type { MonitoredNode } from './leaders.js';

/** The node in whose place the server of that name stands; the server's own name where it is none of them. */
export function nodeNameOf(nodes: readonly MonitoredNode[], serverName: string): string {
  return nodes.find((node) => (node.serverName ?? node.name) === serverName)?.name ?? serverName;
}
