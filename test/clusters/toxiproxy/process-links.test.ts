import { expect, test } from 'vitest';
import { waitFor } from '../../../src/base/wait.js';
import type { Cluster } from '../../../src/contracts/cluster.js';
import type { Direction } from '../../../src/contracts/links.js';
import { readRoutez } from '../../../src/nats/endpoints.js';
import { clusterTest } from '../cluster-for-test.js';

const WITHIN_MS = 30_000;

/** Whom each node has routes to, by its own word. */
async function routesOf(cluster: Cluster): Promise<Record<string, string[]>> {
  const entries = cluster.nodes.map(async ({ name, monitorUrl }) => {
    const { routes = [] } = await readRoutez(monitorUrl as string);
    return [name, [...new Set(routes.map(({ remote_name }) => remote_name))].sort()] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

const untilRoutesAre = async (cluster: Cluster, expected: Record<string, string[]>) => {
  let last: unknown;
  await waitFor(
    async () => {
      last = await routesOf(cluster);
      return JSON.stringify(last) === JSON.stringify(expected);
    },
    { timeoutMs: WITHIN_MS },
  );
  expect(last).toEqual(expected);
};

/** Both ways between one node and the others. */
const around = (node: string, others: readonly string[]): Direction[] =>
  others.flatMap((other) => [
    { from: node, to: other },
    { from: other, to: node },
  ]);

const WHOLE = { n1: ['n2', 'n3'], n2: ['n1', 'n3'], n3: ['n1', 'n2'] };

test('a node that is cut off is seen so from both sides, and comes back', async () => {
  await using place = await clusterTest();
  await using cluster = await place.start({ nodes: 3 }, { links: { routes: true, clients: false } });
  const links = cluster.links!;
  await untilRoutesAre(cluster, WHOLE);
  await links.apply('cut', around('n1', ['n2', 'n3']), { kind: 'cut', how: 'reject' });
  expect((await links.look('cut')).isApplied).toBe(true);
  await untilRoutesAre(cluster, { n1: [], n2: ['n3'], n3: ['n2'] });
  await links.lift('cut');
  expect(await links.look('cut')).toMatchObject({ isLifted: true, isApplied: false });
  await untilRoutesAre(cluster, WHOLE);
});
