import type { Capability } from '../../contracts/cluster.js';
import type { HandedOverNode } from './handed-over-schema.js';

/** What faults may do to a system, by what was handed over of every node: a fault may hit any of them. */
export function handedOverCapabilities(nodes: readonly HandedOverNode[]): Capability[] {
  const all = (holds: (node: HandedOverNode) => boolean) => nodes.length > 0 && nodes.every(holds);
  const capabilities: Capability[] = [];
  if (all(({ container, commands }) => container !== undefined || commands !== undefined)) {
    capabilities.push('process-control');
  }
  if (all(({ container }) => container !== undefined)) capabilities.push('process-signals');
  const dialsThroughProxies = ({ name, toxiproxy }: HandedOverNode) =>
    nodes.every((other) => other.name === name || toxiproxy?.routes[other.name] !== undefined);
  if (nodes.length > 1 && all(dialsThroughProxies))
    capabilities.push('route-links', 'route-shaping', 'node-isolation');
  if (all(({ toxiproxy }) => toxiproxy?.client !== undefined)) capabilities.push('client-links');
  return capabilities;
}

/** How a scenario hands over what a fault lacks. */
export const HANDING_OVER: Partial<Record<Capability, string>> = {
  'process-control': 'give each of cluster.nodes a `container`, or `commands`',
  'process-signals': 'give each of cluster.nodes a `container`',
  'node-isolation': 'give each of cluster.nodes a `toxiproxy` with `routes` to every other',
  'route-links': 'give each of cluster.nodes a `toxiproxy` with `routes` to every other',
  'route-shaping': 'give each of cluster.nodes a `toxiproxy` with `routes` to every other',
  'client-links': 'give each of cluster.nodes a `toxiproxy` with a `client`',
};
