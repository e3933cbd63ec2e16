import { expect } from 'vitest';
import { waitFor } from '../../../src/base/wait.js';
import type { Cluster } from '../../../src/contracts/cluster.js';
import type { Direction } from '../../../src/contracts/links.js';
import { readRoutez } from '../../../src/nats/endpoints.js';

const WITHIN_MS = 30_000;

export type Routes = Readonly<Record<string, readonly string[]>>;

/** Three nodes that see each other. */
export const WHOLE: Routes = { n1: ['n2', 'n3'], n2: ['n1', 'n3'], n3: ['n1', 'n2'] };

/** Whom each node has a route to, by its own word. */
async function routesOf(cluster: Cluster): Promise<Routes> {
  const entries = cluster.nodes.map(async ({ name, monitorUrl }) => {
    const { routes = [] } = await readRoutez(monitorUrl as string);
    return [name, [...new Set(routes.map(({ remote_name = '' }) => remote_name))].sort()] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** Waits until every node says so of itself: a route is seen, or missed, from both of its sides. */
export async function expectRoutes(cluster: Cluster, expected: Routes): Promise<void> {
  let last: unknown;
  await waitFor(
    async () => {
      last = await routesOf(cluster);
      return JSON.stringify(last) === JSON.stringify(expected);
    },
    { timeoutMs: WITHIN_MS },
  );
  expect(last).toEqual(expected);
}

/** Both directions between one node and each of the others. */
export const around = (node: string, others: readonly string[]): Direction[] =>
  others.flatMap((other) => [
    { from: node, to: other },
    { from: other, to: node },
  ]);
