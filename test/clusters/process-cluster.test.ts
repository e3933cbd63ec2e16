import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { expect, test } from 'vitest';
import { messageOf, PreflightError } from '../../src/base/errors.js';
import { waitFor } from '../../src/base/wait.js';
import type { Cluster, ProcessIdentity } from '../../src/contracts/cluster.js';
import { readHealthz, readJsz } from '../../src/nats/endpoints.js';
import { createStreams } from '../../src/nats/streams.js';
import { sendSignal } from '../../src/processes/end-process.js';
import { identify, isAlive } from '../../src/processes/identity.js';
import { startMarkedProcess } from '../../src/processes/marked-process.js';
import { findMarked } from '../../src/processes/run-mark.js';
import { carryOut } from '../../src/undo/carry-out.js';
import { createMarkedDirectory } from '../../src/undo/marked-directory.js';
import { answered } from '../support/answered.js';
import { natsServerPath } from '../support/nats-server.js';
import { standsStill } from '../support/pause-process.js';
import { portClaimsOf } from '../support/test-ports.js';
import { clusterTest } from './cluster-for-test.js';

const TIMEOUT_MS = 20_000;
const PATIENT = { timeout: TIMEOUT_MS };

const ownPortClaims = () => portClaimsOf([identify(process.pid) as ProcessIdentity]);

const servers = (cluster: Cluster) => cluster.access.servers.map(({ host, port }) => `${host}:${port}`);

const healthOf = (monitorUrl: string) => readHealthz(monitorUrl).then(({ status }) => status, messageOf);

async function withConnection<T>(cluster: Cluster, use: (nc: NatsConnection) => Promise<T>): Promise<T> {
  const nc = await connect({ servers: servers(cluster) });
  try {
    return await use(nc);
  } finally {
    await nc.close();
  }
}

test('three servers become one cluster; a killed one comes back on its ports with its data', async () => {
  await using place = await clusterTest();
  await using cluster = await place.start({ nodes: 3 });
  expect(cluster.nodes.map(({ name }) => name)).toEqual(['n1', 'n2', 'n3']);
  const views = async () => {
    const metas = await Promise.all(
      cluster.nodes.map(async ({ monitorUrl }) => (await readJsz(monitorUrl!)).meta_cluster!),
    );
    return new Set(metas.map((meta) => `${meta.cluster_size}, led by ${meta.leader}`));
  };
  // On a busy machine the leader may have changed since.
  const inOne = async () => [...(await views().catch(() => []))].join('; ');
  await expect.poll(inOne).toMatch(/^3, led by n\d$/);

  await withConnection(cluster, async (nc) => {
    const manager = await answered(() => jetstreamManager(nc));
    await createStreams(manager, [{ name: 'KEPT', subjects: ['kept.>'], config: { num_replicas: 3 } }]);
    const js = jetstream(nc);
    for (let i = 0; i < 10; i++) await answered(() => js.publish(`kept.${i}`, 'x', { msgID: String(i) }));
  });

  const before = cluster.node('n2').process!;
  await cluster.signal('n2', 'SIGKILL');
  expect(isAlive(before)).toBe(false);
  expect(cluster.node('n2').process).toBeUndefined();
  // Of the others it may be noticed only now that they are ready.
  const lastOfN2 = () => place.events.filter(({ node }) => node === 'n2').at(-1)?.what;
  expect(lastOfN2()).toBe('ended');
  await expect(cluster.signal('n2', 'SIGTERM')).rejects.toThrow('node n2 is not running');

  await Promise.all([cluster.startNode('n2'), cluster.startNode('n2')]);
  await cluster.startNode('n2');
  expect(cluster.node('n2').process).not.toEqual(before);
  expect(await findMarked(place.runId)).toHaveLength(3);
  expect(await waitFor(() => lastOfN2() === 'ready', { timeoutMs: TIMEOUT_MS })).toBe(true);

  const { clientPort, monitorUrl } = cluster.node('n2');
  await expect.poll(() => healthOf(monitorUrl!)).toBe('ok');
  const nc = await connect({ servers: `127.0.0.1:${clientPort}` });
  expect(nc.info?.server_name).toBe('n2');
  const manager = await jetstreamManager(nc, { timeout: 1000, checkAPI: false });
  // If it led the stream, the others have first to elect another leader.
  const messages = async () => (await manager.streams.info('KEPT')).state.messages;
  await expect.poll(() => messages().catch(messageOf)).toBe(10);
  const tenth = async () => (await manager.streams.getMessage('KEPT', { seq: 10 }))?.subject;
  await expect.poll(() => tenth().catch(messageOf)).toBe('kept.9');
  await nc.close();
  // Both of its lives are in one log.
  const log = await readFile(join(place.directory, 'logs', 'n2.log'), 'utf8');
  expect(log.match(/Starting nats-server/g)).toHaveLength(2);

  const identities = cluster.nodes.map((node) => node.process!);
  expect(ownPortClaims()).toHaveLength(9);
  await Promise.all([cluster[Symbol.asyncDispose](), cluster[Symbol.asyncDispose]()]);
  expect(identities.map(isAlive)).toEqual([false, false, false]);
  expect(ownPortClaims()).toEqual([]);
  expect(place.happened()).not.toContain('n1 crashed');
  await expect(cluster.startNode('n1')).rejects.toThrow('closed');
});

test('a server alone runs JetStream without a cluster', async () => {
  await using place = await clusterTest();
  await using cluster = await place.start({ nodes: 1 });
  expect((await readJsz(cluster.nodes[0]!.monitorUrl!)).meta_cluster).toBeUndefined();
  await withConnection(cluster, async (nc) => {
    await (await jetstreamManager(nc, PATIENT)).streams.add({ name: 'ONE', subjects: ['one'] });
    expect((await jetstream(nc, PATIENT).publish('one', 'x')).seq).toBe(1);
  });
});

test('servers without JetStream are ready when all have routes to all', async () => {
  await using place = await clusterTest();
  await using cluster = await place.start({ nodes: 2, jetstream: false });
  expect(await readJsz(cluster.nodes[0]!.monitorUrl!)).toMatchObject({ disabled: true });
  const [from, to] = await Promise.all(
    cluster.nodes.map(({ clientPort }) => connect({ servers: `127.0.0.1:${clientPort}` })),
  );
  const subscription = to!.subscribe('across');
  await to!.flush();
  const arrival = subscription[Symbol.asyncIterator]().next();
  // The subscription itself travels along the route, so one publish may be too early.
  const arrived = arrival.then(() => true);
  expect(
    await waitFor(
      async () => {
        from!.publish('across', 'x');
        return await Promise.race([arrived, new Promise((resolve) => setImmediate(resolve, false))]);
      },
      { timeoutMs: TIMEOUT_MS },
    ),
  ).toBe(true);
  await Promise.all([from!.close(), to!.close()]);
});

test('settings are passed through to the servers, sizes and durations as nats-server writes them', async () => {
  await using place = await clusterTest();
  await using cluster = await place.start({
    nodes: 2,
    jetstream: { 'max-storage': '64MiB', 'max-memory': '32MiB', 'sync-interval': 'always' },
    config: {
      max_payload: '2MB',
      ping_interval: '2m',
      Cluster: { ping_interval: '3s' },
      server_tags: ['rack:1'],
    },
  });
  const varz = (await (await fetch(`${cluster.nodes[1]!.monitorUrl}/varz`)).json()) as Record<
    string,
    unknown
  >;
  expect(varz).toMatchObject({
    server_name: 'n2',
    max_payload: 2 * 2 ** 20,
    ping_interval: 120e9,
    tags: ['rack:1', 'stormglass:n2'],
    jetstream: {
      config: {
        max_storage: 64 * 2 ** 20,
        max_memory: 32 * 2 ** 20,
        sync_interval: 120e9,
        sync_always: true,
      },
    },
  });
});

test('the system account hears of the servers', async () => {
  await using place = await clusterTest();
  await using cluster = await place.start({ nodes: 1, jetstream: false });
  const { user, password } = cluster.systemAccess!;
  const nc = await connect({ servers: servers(cluster), user: user!, pass: password! });
  const answer = (await nc.request('$SYS.REQ.SERVER.PING', '', PATIENT)).json<{ server: { name: string } }>();
  expect(answer.server.name).toBe('n1');
  await nc.close();
  await expect(connect({ servers: servers(cluster), user: user!, pass: 'guess' })).rejects.toThrow(
    /authorization/i,
  );
});

test('a crash nobody asked for is noticed, with what the server said', async () => {
  await using place = await clusterTest();
  await using cluster = await place.start({ nodes: 1 });
  sendSignal(cluster.node('n1').process!, 'SIGABRT');
  const crash = await waitFor(() => place.events.find(({ what }) => what === 'crashed'), {
    timeoutMs: TIMEOUT_MS,
  });
  expect(crash).toMatchObject({ node: 'n1', detail: expect.stringMatching(/^exit code 2: .+/s) });
  expect(cluster.node('n1').process).toBeUndefined();
});

test('a crash that nobody has noticed yet stays one when the server is to be ended', async () => {
  await using place = await clusterTest();
  const cluster = await place.start({ nodes: 1 });
  const identity = cluster.node('n1').process!;
  sendSignal(identity, 'SIGKILL');
  // Without letting go of the thread: Node has no chance to tell of the end.
  while (isAlive(identity));
  await cluster[Symbol.asyncDispose]();
  expect(place.happened().at(-1)).toBe('n1 crashed');
});

test('a server that has ended as it was asked to has not crashed when it is asked once more', async () => {
  await using place = await clusterTest();
  await using cluster = await place.start({ nodes: 1 });
  const identity = cluster.node('n1').process!;
  await cluster.signal('n1', 'SIGTERM');
  // Nor is that end noticed yet.
  while (isAlive(identity));
  await expect(cluster.signal('n1', 'SIGKILL')).rejects.toThrow('node n1 is not running');
  await expect.poll(() => cluster.node('n1').process).toBeUndefined();
  expect(place.events.at(-1)).toEqual({
    node: 'n1',
    what: 'ended',
    detail: expect.stringContaining('after SIGTERM'),
  });
});

test('a server that dies as its store is to be repaired is started on what was repaired, and has crashed', async () => {
  await using place = await clusterTest();
  await createMarkedDirectory(join(place.directory, 'work'), place.runId);
  await using cluster = await place.start({ nodes: 1 });
  const record = cluster.stores!.rejoinRecord('n1', 'repair n1', { remove: [], restore: [] });
  const identity = cluster.node('n1').process!;
  sendSignal(identity, 'SIGKILL');
  while (isAlive(identity));
  expect(await carryOut(record, cluster.undoHandlers)).toMatchObject({ undone: true });
  expect(cluster.node('n1').process).not.toEqual(identity);
  expect(place.happened().filter((what) => what !== 'n1 ready')).toEqual([
    'n1 started',
    'n1 crashed',
    'n1 started',
  ]);
});

test('a stopped server goes on, or is ended with the others', async () => {
  await using place = await clusterTest();
  const cluster = await place.start({ nodes: 1 });
  const { monitorUrl, process: identity } = cluster.node('n1');
  await cluster.signal('n1', 'SIGSTOP');
  await standsStill(identity!.pid);
  await expect(readHealthz(monitorUrl!, 100)).rejects.toThrow('no answer');
  await cluster.signal('n1', 'SIGCONT');
  await expect.poll(() => healthOf(monitorUrl!)).toBe('ok');
  await cluster.signal('n1', 'SIGSTOP');
  await cluster[Symbol.asyncDispose]();
  expect(isAlive(identity!)).toBe(false);
});

test('the start record is all that a stranger needs to start the node; the cluster knows it again', async () => {
  await using place = await clusterTest();
  await using cluster = await place.start({ nodes: 1 });
  const record = cluster.startRecord('n1');
  expect(record).toMatchObject({ kind: 'start-node', node: 'n1', within: 'cluster', mark: place.runId });
  expect(cluster.startRecord('n1')).toMatchObject({ kind: 'start-node' });
  await cluster.signal('n1', 'SIGKILL');
  if (record.kind !== 'start-node') throw new Error('another record');
  const stranger = await startMarkedProcess(record);
  await cluster.startNode('n1');
  expect(cluster.node('n1').process).toEqual(stranger.identity);
  await cluster[Symbol.asyncDispose]();
  expect(isAlive(stranger.identity)).toBe(false);
});

test('a server that is to join a cluster that is being closed does not run on, and holds no port', async () => {
  await using place = await clusterTest();
  for (const isUnderWay of [false, true]) {
    const cluster = await place.start({ nodes: 2, jetstream: false });
    const { length: before } = ownPortClaims();
    const joining = cluster.membership!.add('n3').then(() => 'joined', messageOf);
    if (isUnderWay)
      await waitFor(() => ownPortClaims().length > before, { timeoutMs: TIMEOUT_MS, everyMs: 1 });
    await cluster[Symbol.asyncDispose]();
    expect(await joining).toMatch(isUnderWay ? /^joined$|closed$/ : /closed$/);
    expect(await findMarked(place.runId)).toEqual([]);
    expect(ownPortClaims()).toEqual([]);
  }
});

test('a server that does not understand its settings is a preflight error with its own words', async () => {
  await using place = await clusterTest();
  const start = place.start({ nodes: 3, config: { max_payloadd: '1MB' } });
  await expect(start).rejects.toThrow(PreflightError);
  await expect(start).rejects.toThrow(
    /server n\d died at its start: exit code 1: .*unknown field "max_payloadd"/s,
  );
  expect(await findMarked(place.runId)).toEqual([]);
});

test('a program that is no nats-server is a preflight error', async () => {
  await using place = await clusterTest();
  await expect(place.start({ nodes: 1 }, { serverPath: '/bin/false' })).rejects.toThrow(
    /died at its start: exit code 1/,
  );
  const none = join(place.directory, 'none');
  await expect(place.start({ nodes: 2 }, { serverPath: none })).rejects.toThrow(/none cannot be started/);
});

test('servers that do not find a leader in time are a preflight error that says what each said', async () => {
  await using place = await clusterTest();
  const everything = { deny: '>' };
  const config = { cluster: { permissions: { import: everything, export: everything } } };
  // Long enough for a busy machine to have all three answer: before that, they say other things.
  const start = place.start({ nodes: 3, config }, { readyWithinMs: 8000 });
  await expect(start).rejects.toThrow(PreflightError);
  await expect(start).rejects.toThrow(/n1: .*meta leader; n2: .*meta leader; n3: .*meta leader/);
  expect(await findMarked(place.runId)).toEqual([]);
});

test('an aborted start leaves nothing running', async () => {
  await using place = await clusterTest();
  const abort = new AbortController();
  const reason = new Error('Ctrl-C');
  const start = place.start(
    { nodes: 3 },
    { signal: abort.signal, onNodeEvent: ({ what }) => what === 'started' && abort.abort(reason) },
  );
  await expect(start).rejects.toBe(reason);
  expect(await findMarked(place.runId)).toEqual([]);
  expect(ownPortClaims()).toEqual([]);
});

test('a port that somebody takes at the last moment costs a second try, not the run', async () => {
  await using place = await clusterTest();
  const serverPath = join(place.directory, 'thief.cjs');
  const stolen = join(place.directory, 'stolen');
  // At its first start it listens on the server's own port before the server does.
  await writeFile(
    serverPath,
    `#!${process.execPath}
    const { existsSync, readFileSync, writeFileSync } = require('node:fs');
    const { spawnSync } = require('node:child_process');
    const run = () => process.exit(spawnSync('${natsServerPath()}', process.argv.slice(2), { stdio: 'inherit' }).status);
    if (existsSync('${stolen}')) run();
    const port = Number(/"port": (\\d+)/.exec(readFileSync(process.argv[3], 'utf8'))[1]);
    writeFileSync('${stolen}', String(port));
    require('node:net').createServer().listen(port, '127.0.0.1', run);`,
    { mode: 0o755 },
  );
  await using cluster = await place.start({ nodes: 1 }, { serverPath });
  expect(place.happened().slice(0, 3)).toEqual(['n1 started', 'n1 crashed', 'n1 started']);
  expect(place.events[1]!.detail).toContain('address already in use');
  expect(cluster.nodes[0]!.clientPort).not.toBe(Number(await readFile(stolen, 'utf8')));
  await expect.poll(() => healthOf(cluster.nodes[0]!.monitorUrl!)).toBe('ok');
});
