import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { waitFor } from '../../../src/base/wait.js';
import type { Cluster } from '../../../src/contracts/cluster.js';
import { CLIENTS } from '../../../src/contracts/links.js';
import { connectControl } from '../../../src/nats/connect.js';
import { readRoutez } from '../../../src/nats/endpoints.js';
import { carryOut } from '../../../src/undo/carry-out.js';
import { type ClusterTest, clusterTest } from '../cluster-for-test.js';
import { around, expectRoutes, WHOLE } from './routes.js';

const WITHIN_MS = 30_000;
const ISOLATED = { n1: [], n2: ['n3'], n3: ['n2'] };
const ROUTES = { routes: true, clients: false };

/** What a subscriber at one node has heard. */
interface Ear extends AsyncDisposable {
  readonly heard: string[];
}

const connectTo = (cluster: Cluster, name: string): Promise<NatsConnection> =>
  connect({ servers: `127.0.0.1:${cluster.node(name).clientPort}` });

async function listenAt(cluster: Cluster, name: string): Promise<Ear> {
  const nc = await connectTo(cluster, name);
  const heard: string[] = [];
  nc.subscribe('canary', { callback: (_, message) => void heard.push(message.string()) });
  await nc.flush();
  return { heard, [Symbol.asyncDispose]: () => nc.close() };
}

async function sayAt(cluster: Cluster, name: string, text: string): Promise<void> {
  const nc = await connectTo(cluster, name);
  nc.publish('canary', text);
  await nc.flush();
  await nc.close();
}

/** Says it until it is heard: routes, and the interest that travels along them, take a moment to be there. */
async function sayUntilHeard(cluster: Cluster, name: string, text: string, ear: Ear): Promise<void> {
  const isHeard = await waitFor(
    async () => {
      await sayAt(cluster, name, text);
      return ear.heard.includes(text);
    },
    { timeoutMs: WITHIN_MS },
  );
  expect(isHeard).toBe(true);
}

/** Of the route between two nodes, by the word of the first. */
async function routeId(cluster: Cluster, of: string, to: string): Promise<number | undefined> {
  const { routes = [] } = await readRoutez(cluster.node(of).monitorUrl as string);
  return routes.find(({ remote_name }) => remote_name === to)?.rid;
}

describe('routes through proxies', () => {
  let place: ClusterTest;
  let cluster: Cluster;

  beforeAll(async () => {
    place = await clusterTest();
    cluster = await place.start({ nodes: 3, jetstream: false }, { links: ROUTES });
  });

  afterEach(async () => {
    await expectRoutes(cluster, WHOLE);
    expect(place.linkEvents).toEqual([]);
  });

  afterAll(async () => {
    await cluster[Symbol.asyncDispose]();
    await place[Symbol.asyncDispose]();
  });

  test('both directions of every pair of nodes can be cut, and no way to the clients', () => {
    const { directions } = cluster.links!;
    expect(directions).toHaveLength(6);
    expect(directions).toContainEqual({ from: 'n1', to: 'n3' });
    expect(directions).toContainEqual({ from: 'n3', to: 'n1' });
    expect(cluster.access).toEqual(cluster.observerAccess);
  });

  test('a node that is cut off is seen so from both sides, and comes back', async () => {
    const links = cluster.links!;
    expect(await links.look('isolation')).toMatchObject({ isApplied: false, isLifted: true });
    await links.apply('isolation', around('n1', ['n2', 'n3']), { kind: 'cut', how: 'reject' });
    await expectRoutes(cluster, ISOLATED);
    expect(await links.look('isolation')).toMatchObject({ isApplied: true, isLifted: false });
    await links.lift('isolation');
    await links.lift('isolation');
    expect(await links.look('isolation')).toMatchObject({ isApplied: false, isLifted: true });
  });

  test('what is dropped in one direction is lost, while the connection stays and the other direction passes', async () => {
    await using ear1 = await listenAt(cluster, 'n1');
    await using ear2 = await listenAt(cluster, 'n2');
    await sayUntilHeard(cluster, 'n1', 'before', ear2);
    await sayUntilHeard(cluster, 'n2', 'before', ear1);
    const ids = [await routeId(cluster, 'n1', 'n2'), await routeId(cluster, 'n2', 'n1')];

    await cluster.links!.apply('one-way', [{ from: 'n1', to: 'n2' }], { kind: 'cut', how: 'drop' });
    await sayAt(cluster, 'n1', 'into the void');
    await sayUntilHeard(cluster, 'n2', 'against the stream', ear1);
    expect([await routeId(cluster, 'n1', 'n2'), await routeId(cluster, 'n2', 'n1')]).toEqual(ids);

    await cluster.links!.lift('one-way');
    await sayUntilHeard(cluster, 'n1', 'after', ear2);
    expect(ear2.heard).not.toContain('into the void');
    // Taking the toxic off has ended the connection that it swallowed from.
    expect(await routeId(cluster, 'n1', 'n2')).not.toBe(ids[0]);
  });

  test('two effects lie on one link, and lifting one leaves the other', async () => {
    const links = cluster.links!;
    const pair = around('n1', ['n2']);
    await links.apply('wide', around('n1', ['n2', 'n3']), { kind: 'cut', how: 'reject' });
    await links.apply('narrow', pair, { kind: 'cut', how: 'reject' });
    await links.apply('slow', pair, { kind: 'latency', delayMs: 20, jitterMs: 5 });
    await expect(links.apply('slow', pair, { kind: 'cut', how: 'drop' })).rejects.toThrow(
      'slow lies on links already',
    );
    await links.lift('wide');
    expect(await links.look('wide')).toMatchObject({ isLifted: true });
    expect(await links.look('narrow')).toMatchObject({ isApplied: true, isLifted: false });
    await expectRoutes(cluster, { n1: ['n3'], n2: ['n3'], n3: ['n1', 'n2'] });
    await links.lift('narrow');
    await expectRoutes(cluster, WHOLE);
    expect((await links.look('slow')).saw).toContain('latency upstream of n1 → n2');
    await links.lift('slow');
    expect(await links.look('slow')).toMatchObject({ isLifted: true });
  });

  test('what cannot be is refused, and leaves nothing', async () => {
    const links = cluster.links!;
    const cut = { kind: 'cut', how: 'reject' } as const;
    await expect(links.apply('x', [{ from: 'n1', to: 'n9' }], cut)).rejects.toThrow(
      /there is no link n1 → n9: there are n1 → n2/,
    );
    await expect(links.apply('x', [{ from: 'n1', to: 'n2' }], cut)).rejects.toThrow('n2 → n1, too');
    await expect(links.apply('a/b', around('n1', ['n2']), cut)).rejects.toThrow(
      'an effect cannot be called "a/b"',
    );
    expect(await links.look('x')).toMatchObject({ isLifted: true, isApplied: false });
  });

  test('the record that was written before lifts an effect by its data alone, twice', async () => {
    const links = cluster.links!;
    const ways = around('n3', ['n1', 'n2']);
    for (const how of ['reject', 'drop'] as const) {
      const [record] = links.undoRecords(how, ways, { kind: 'cut', how });
      expect(record).toMatchObject({ kind: 'restore-links', within: 'cluster', effect: how });
      await links.apply(how, ways, { kind: 'cut', how });
      expect(await links.look(how)).toMatchObject({ isApplied: true });
      for (let i = 0; i < 2; i++) expect(await carryOut(record!)).toMatchObject({ undone: true });
      expect(await links.look(how)).toMatchObject({ isLifted: true });
      // The run's own undoing finds nothing to do.
      expect(await carryOut(record!, cluster.undoHandlers)).toMatchObject({ undone: true });
    }
  });

  test('servers that gossip, and one that starts anew, find no way around the proxies', async () => {
    const links = cluster.links!;
    await links.apply('pair', around('n1', ['n2']), { kind: 'cut', how: 'reject' });
    const apart = { n1: ['n3'], n2: ['n3'], n3: ['n1', 'n2'] };
    await expectRoutes(cluster, apart);
    const logs = async () =>
      await Promise.all(
        cluster.nodes.map(({ name }) => readFile(join(place.directory, 'logs', `${name}.log`), 'utf8')),
      );
    const before = (await logs()).map(({ length }) => length);
    await cluster.signal('n1', 'SIGKILL');
    expect(await carryOut(cluster.startRecord('n1'), cluster.undoHandlers)).toMatchObject({ undone: true });
    await expectRoutes(cluster, apart);

    // n3 tells n2 of n1, and where it says it is, n2 looks for it: nobody is there.
    const config = await readFile(join(place.directory, 'work', 'n1.conf'), 'utf8');
    const advertised = /advertise\W+127\.0\.0\.1:(\d+)/.exec(config)?.[1];
    let dialled: string[] = [];
    const isTried = await waitFor(
      async () => {
        const since = (await logs()).map((log, i) => log.slice(before[i]));
        dialled = since.flatMap((log) =>
          [...log.matchAll(/connect to route.*127\.0\.0\.1:(\d+)/g)].map((m) => m[1]!),
        );
        return dialled.includes(advertised!);
      },
      { timeoutMs: WITHIN_MS },
    );
    expect(isTried).toBe(true);
    const listening = (await logs()).map((log) => /route connections on 127\.0\.0\.1:(\d+)/.exec(log)?.[1]);
    expect(listening).toEqual([expect.any(String), expect.any(String), expect.any(String)]);
    expect(dialled.filter((port) => listening.includes(port))).toEqual([]);
    await expectRoutes(cluster, apart);
    await links.lift('pair');
  });

  test('a server that joins has links of its own', async () => {
    await cluster.membership!.add('n4');
    const all = {
      n1: ['n2', 'n3', 'n4'],
      n2: ['n1', 'n3', 'n4'],
      n3: ['n1', 'n2', 'n4'],
      n4: ['n1', 'n2', 'n3'],
    };
    await expectRoutes(cluster, all);
    await cluster.links!.apply('newcomer', around('n4', ['n1', 'n2', 'n3']), { kind: 'cut', how: 'reject' });
    await expectRoutes(cluster, { ...WHOLE, n4: [] });
    await cluster.links!.lift('newcomer');
    await expectRoutes(cluster, all);
    await cluster.membership!.remove('n4');
  });
});

test('clients are cut off while those who watch still reach the servers, by TLS on both ways', async () => {
  await using place = await clusterTest();
  await using cluster = await place.start(
    { nodes: 2, jetstream: false, tls: { verify: true } },
    { links: { routes: true, clients: true } },
  );
  const links = cluster.links!;
  expect(links.directions).toContainEqual({ from: CLIENTS, to: 'n1' });
  const doors = cluster.access.servers.map((server) => ({ ...cluster.access, servers: [server] }));
  const name = 'a test';
  for (const [i, door] of doors.entries()) {
    const nc = await connectControl(door, { name });
    expect(nc.info?.server_name).toBe(`n${i + 1}`);
    // It is told of no other way.
    expect(nc.info?.connect_urls ?? []).toEqual([]);
    await nc.close();
  }
  await links.apply('cut', around(CLIENTS, ['n1']), { kind: 'cut', how: 'reject' });
  await expect(connectControl(doors[0]!, { name })).rejects.toThrow('ECONNREFUSED');
  const [past] = cluster.observerAccess.servers;
  const nc = await connectControl({ ...cluster.observerAccess, servers: [past!] }, { name });
  expect(nc.info?.server_name).toBe('n1');
  await nc.close();
  await expectRoutes(cluster, { n1: ['n2'], n2: ['n1'] });
  await links.lift('cut');
  await (await connectControl(doors[0]!, { name })).close();
});
