import { expect, test } from 'vitest';
import { NS } from '../../src/base/clock.js';
import { nodeKill } from '../../src/chaos/node-kill.js';
import { nodePause } from '../../src/chaos/node-pause.js';
import { startExternalCluster } from '../../src/clusters/external-cluster.js';
import { externalClusterSchema } from '../../src/clusters/external-cluster-schema.js';
import { handedOverCapabilities } from '../../src/clusters/handed-over/handed-over-capabilities.js';
import { ToxiproxyApi } from '../../src/clusters/toxiproxy/toxiproxy-api.js';
import { CLIENTS } from '../../src/contracts/links.js';
import { FaultGuards } from '../../src/engine/fault-guards.js';
import { carryOut } from '../../src/undo/carry-out.js';
import { dockerEngine, NEEDS_ENGINE } from '../support/docker-engine.js';
import { FaultUnderTest, faultScene } from '../support/fault-under-test.js';
import { type ForeignServer, startForeignServer } from '../support/foreign-server.js';
import { leaseTestPorts } from '../support/test-ports.js';
import { startTestToxiproxy } from '../support/toxiproxy-process.js';
import { dockerClusterTest } from './docker/docker-cluster-for-test.js';

const problems = (given: unknown): string[] =>
  (externalClusterSchema.safeParse(given).error?.issues ?? []).map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  );

const start = (given: { nodes: Record<string, unknown>[]; engine?: string }, allow: readonly string[]) =>
  startExternalCluster(externalClusterSchema.parse({ ...given, allow }), {
    allow,
    place: { env: { PATH: process.env.PATH ?? '' }, home: '/nowhere' },
    signal: new AbortController().signal,
    runId: 'test-run',
    cwd: '/',
  });

const byCommands = ({ name, address, monitorUrl, commands }: ForeignServer, more = {}) =>
  start({ nodes: [{ name, url: address, 'monitor-url': monitorUrl, commands: { ...commands, ...more } }] }, [
    address,
  ]);

test('a server is killed by the command that was handed over, and started again, by data alone too', async () => {
  await using server = await startForeignServer('theirs');
  await using cluster = await byCommands(server);
  await using scene = await faultScene(cluster, 'test-run');
  expect([...cluster.capabilities]).toEqual(['load', 'process-control']);
  const was = server.pid;
  const killed = new FaultUnderTest(scene, nodeKill, {}, ['theirs']);
  await killed.inject();
  expect(await killed.observe('during')).toMatchObject({ holds: true });
  expect(await killed.undoByData()).toMatchObject([{ undone: true }]);
  expect(await killed.undoByData()).toMatchObject([{ undone: true, detail: 'it was so already' }]);
  expect(await killed.observe('after')).toMatchObject({ holds: true });
  expect(server.pid).not.toBe(was);
});

test('a server is paused by the command that was handed over, and goes on', async () => {
  await using server = await startForeignServer('theirs');
  await using cluster = await byCommands(server);
  await using scene = await faultScene(cluster, 'test-run');
  const paused = new FaultUnderTest(scene, nodePause, {}, ['theirs']);
  await paused.inject();
  expect(await paused.observe('during')).toMatchObject({ holds: true });
  expect(await server.look()).toBe(2);
  for (const outcome of await paused.undoByData()) expect(outcome).toMatchObject({ undone: true });
  expect(await paused.observe('after')).toMatchObject({ holds: true });
  expect(await server.look()).toBe(0);
});

test('a command that undoes nothing is not taken at its word', async () => {
  await using server = await startForeignServer('theirs');
  await using cluster = await byCommands(server, { start: ['true'], timeout: '6s' });
  const record = cluster.startRecord('theirs');
  await cluster.signal('theirs', 'SIGKILL');
  expect(await carryOut(record)).toMatchObject({
    undone: false,
    detail: expect.stringContaining('does not say that it is undone'),
  });
});

test('what was handed over is looked at before anything else', async () => {
  await using server = await startForeignServer('theirs');
  await expect(byCommands(server, { look: ['false'] })).rejects.toThrow(
    'node theirs answers, but by what was handed over of it it does not run',
  );
  await expect(byCommands(server, { look: ['/nowhere/look'] })).rejects.toThrow(/does not work: .*ENOENT/);
  await expect(byCommands(server, { look: ['sh', '-c', 'exit 4'] })).rejects.toThrow(
    'expected 0 (running), 1 (down) or 2 (paused)',
  );
  await expect(start({ nodes: [{ name: 'n1', url: server.address }] }, [server.address])).rejects.toThrow(
    `the server at ${server.address} calls itself theirs, not n1`,
  );
});

test("effects lie on somebody else's proxies, and leave what is not ours as it is", async () => {
  await using server = await startForeignServer('theirs');
  using lease = await leaseTestPorts(1);
  await using toxiproxy = await startTestToxiproxy();
  const api = new ToxiproxyApi(toxiproxy.url);
  const address = `127.0.0.1:${lease.ports[0]}`;
  await api.createProxies([{ name: 'door', listen: address, upstream: server.address }]);
  await api.addToxic('door', 'of-theirs', 'upstream', {
    type: 'latency',
    attributes: { latency: 1, jitter: 0 },
  });
  const client = { proxy: 'door', url: address };
  const nodes = [{ name: 'theirs', url: server.address, toxiproxy: { url: `${toxiproxy.url}/`, client } }];
  await using cluster = await start({ nodes }, [server.address, address]);
  expect([...cluster.capabilities]).toEqual(['load', 'client-links']);
  expect(cluster.access.servers).toEqual([{ host: '127.0.0.1', port: lease.ports[0] }]);
  expect(cluster.observerAccess.servers[0]?.port).toBe(Number(server.address.split(':')[1]));

  const effect = { kind: 'cut', how: 'drop' } as const;
  const ways = [{ from: CLIENTS, to: 'theirs' }];
  const [record] = cluster.links!.undoRecords('e1', ways, effect);
  await cluster.links!.apply('e1', ways, effect);
  const toxics = async () => (await api.read()).get('door')?.toxics.map(({ name }) => name);
  expect(await toxics()).toEqual(['of-theirs', 'test-run-e1-upstream']);
  // As the watchdog does it.
  expect(await carryOut(record!)).toMatchObject({ undone: true });
  expect(await toxics()).toEqual(['of-theirs']);

  // Whether its process runs nobody here can say, and that keeps no guard from deciding.
  await expect(cluster.lookAtProcess('theirs')).rejects.toThrow('nothing was handed over');
  const guards = new FaultGuards({
    guards: { abortOn: [], allowsQuorumLoss: false },
    control: { raftGroups: async () => [{ name: 'meta', peers: ['theirs', 'a', 'b'] }] },
    healNs: NS.s,
    claimsOf: () => [],
    cluster,
  });
  const target = { role: 'nodes', nodes: ['theirs'], text: 'theirs' } as const;
  const plan = { id: 'e1', kind: 'partition', atNs: 0, forNs: NS.s, params: {}, seed: 1, target };
  const impact = { down: [], cuts: [{ from: 'theirs', to: 'a' }] };
  expect(await guards.admit(plan, ['theirs'], impact, new AbortController())).toMatchObject({ impact });

  client.proxy = 'other';
  await expect(start({ nodes }, [server.address, address])).rejects.toThrow(
    `Toxiproxy at ${toxiproxy.url} has no proxy other`,
  );
});

test.skipIf(dockerEngine === undefined)(
  `a container is found by its exact name only${NEEDS_ENGINE}`,
  async () => {
    await using theirs = await dockerClusterTest();
    await using system = await theirs.start({ nodes: 1 });
    const [{ clientPort, monitorUrl }, { container }] = [system.nodes[0]!, system.servers[0]!];
    const node = { name: 'n1', url: `127.0.0.1:${clientPort}`, 'monitor-url': monitorUrl };
    const handOver = (name: string) =>
      start({ nodes: [{ ...node, container: name }], engine: theirs.engine }, [node.url]);
    await expect(handOver(container.id.slice(0, 12))).rejects.toThrow('does not run: there is no container');
    await using cluster = await handOver(container.name);
    expect([...cluster.capabilities]).toEqual(['load', 'process-control', 'process-signals']);
    await using scene = await faultScene(cluster, 'test-run');
    const killed = new FaultUnderTest(scene, nodeKill, {}, ['n1']);
    await killed.inject();
    expect(await killed.observe('during')).toMatchObject({ holds: true });
    expect(await killed.undoByData()).toMatchObject([{ undone: true }]);
    expect(await killed.observe('after')).toMatchObject({ holds: true });
  },
  60_000,
);

test('capabilities are those that every node has', () => {
  const { nodes } = externalClusterSchema.parse({
    allow: ['a:1', 'b:1', 'c:1'],
    nodes: ['a', 'b', 'c'].map((name) => ({
      name,
      url: `${name}:1`,
      container: name,
      toxiproxy: {
        url: 'http://t:8474',
        routes: Object.fromEntries(
          ['a', 'b', 'c'].filter((to) => to !== name).map((to) => [to, `${name}-${to}`]),
        ),
      },
    })),
  });
  const all = ['process-control', 'process-signals', 'route-links', 'route-shaping', 'node-isolation'];
  expect(handedOverCapabilities(nodes!)).toEqual(all);
  const [a, b, c] = nodes!;
  expect(handedOverCapabilities([a!, b!, { ...c!, container: undefined }])).toEqual(all.slice(2));
  const { a: _, ...fewer } = c!.toxiproxy!.routes;
  const half = { ...c!, toxiproxy: { ...c!.toxiproxy!, routes: fewer } };
  expect(handedOverCapabilities([a!, b!, half])).toEqual(all.slice(0, 2));
});

test('what cannot be is refused where it is written', () => {
  const commands = { look: ['l'], kill: ['k'], start: ['s'], pause: ['p'], continue: ['c'] };
  expect(problems({ nodes: [{ name: 'a', url: 'a:1', commands: { kill: ['k'] } }] })).toEqual(
    ['look', 'start', 'pause', 'continue'].map((key) =>
      expect.stringContaining(`nodes.0.commands.${key}: expected`),
    ),
  );
  expect(problems({ allow: ['a:1'], nodes: [{ name: 'a', url: 'a:1', container: 'a', commands }] })).toEqual([
    expect.stringContaining('container and commands exclude each other'),
  ]);
  const toxiproxy = { url: 'http://t:1', client: { proxy: 'p', url: 'c:1' }, routes: { a: 'x', z: 'y' } };
  const nodes = [
    { name: 'a', url: 'a:1', toxiproxy },
    { name: 'a', url: 'b:1' },
  ];
  expect(problems({ servers: ['a:1'], allow: ['a:1'], nodes })).toMatchInlineSnapshot(`
    [
      "servers: servers and nodes exclude each other: nodes say it all",
      "nodes.0.toxiproxy.client.url: c:1 is not in \`allow\`: a system that stormglass did not start is loaded only where that says so",
      "nodes.0.toxiproxy.routes.a: a node has no route to itself",
      "nodes.0.toxiproxy.routes.z: there is no node z: a, a",
      "nodes.1.name: there is another node a",
      "nodes.1.url: b:1 is not in \`allow\`: a system that stormglass did not start is loaded only where that says so",
    ]
  `);
});
