import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { waitFor } from '../../../src/base/wait.js';
import type { Cluster } from '../../../src/contracts/cluster.js';
import { CLIENTS } from '../../../src/contracts/links.js';
import { findMarked } from '../../../src/processes/run-mark.js';
import { carryOut } from '../../../src/undo/carry-out.js';
import { pauseProcess } from '../../support/pause-process.js';
import { type ClusterTest, clusterTest } from '../cluster-for-test.js';
import { around, expectRoutes, WHOLE } from './routes.js';

const WITHIN_MS = 30_000;
const ISOLATED = { n1: [], n2: ['n3'], n3: ['n2'] };
const ISOLATION = around('n1', ['n2', 'n3']);
const CUT = { kind: 'cut', how: 'reject' } as const;

const start = (place: ClusterTest) =>
  place.start({ nodes: 3, jetstream: false }, { links: { routes: true, clients: false } });

/** The one process of the run that is no server. */
async function toxiproxyPid(place: ClusterTest, cluster: Cluster): Promise<number> {
  const servers = cluster.nodes.map(({ process }) => process?.pid);
  const others = (await findMarked(place.runId)).filter(({ pid }) => !servers.includes(pid));
  expect(others).toHaveLength(1);
  return others[0]!.pid;
}

test('a Toxiproxy that is killed is replaced with all that held, before anybody asks', async () => {
  await using place = await clusterTest();
  await using cluster = await start(place);
  const links = cluster.links!;
  await links.apply('isolation', ISOLATION, CUT);
  await links.apply('slow', around('n2', ['n3']), { kind: 'latency', delayMs: 10, jitterMs: 0 });
  await expectRoutes(cluster, ISOLATED);

  process.kill(await toxiproxyPid(place, cluster), 'SIGKILL');
  const happened = () => place.linkEvents.map(({ what }) => what);
  await waitFor(() => happened().includes('replaced'), { timeoutMs: WITHIN_MS });
  expect(happened()).toEqual(['lost', 'replaced']);
  expect(place.linkEvents[0]!.detail).toMatch(/ended by SIGKILL/);
  expect(place.linkEvents[1]!.detail).toContain('isolation, slow laid on anew');

  expect(await links.look('isolation')).toMatchObject({ isApplied: true });
  expect(await links.look('slow')).toMatchObject({ isApplied: true });
  await expectRoutes(cluster, ISOLATED);
  await links.lift('isolation');
  await expectRoutes(cluster, WHOLE);
  await links.lift('slow');
  expect(await links.look('slow')).toMatchObject({ isLifted: true });
  expect(place.events.filter(({ what }) => what === 'crashed')).toEqual([]);
});

test('one that hangs is replaced by whoever asks it, and comes back with what holds then', async () => {
  await using place = await clusterTest();
  await using cluster = await start(place);
  const links = cluster.links!;
  const [record] = links.undoRecords('isolation', ISOLATION, CUT);
  await links.apply('isolation', ISOLATION, CUT);
  await expectRoutes(cluster, ISOLATED);
  await pauseProcess(await toxiproxyPid(place, cluster));
  expect(await carryOut(record!, cluster.undoHandlers)).toMatchObject({ undone: true });
  await expectRoutes(cluster, WHOLE);
  expect(place.linkEvents.map(({ what }) => what)).toEqual(['lost', 'replaced']);
  expect(place.linkEvents[0]!.detail).toContain('took longer than');
  expect(place.linkEvents[1]!.detail).toContain('no effect held');
});

test('one that has just gone, or hangs, comes back with the links of a node that joins', async () => {
  await using place = await clusterTest();
  await using cluster = await start(place);
  for (const [name, lose] of [
    ['n4', (pid: number) => void process.kill(pid, 'SIGKILL')],
    ['n5', pauseProcess],
  ] as const) {
    await lose(await toxiproxyPid(place, cluster));
    await cluster.membership!.add(name);
    const others = cluster.nodes.map((node) => node.name);
    const whole = others.map((from) => [from, others.filter((to) => to !== from)] as const);
    await expectRoutes(cluster, Object.fromEntries(whole));
  }
  expect(place.linkEvents.map(({ what }) => what)).toEqual(['lost', 'replaced', 'lost', 'replaced']);
});

test('one that waits for a node that stands still to take its data is replaced, and has the effect then', async () => {
  await using place = await clusterTest();
  await using cluster = await place.start(
    { nodes: 1, jetstream: false },
    { links: { routes: false, clients: true } },
  );
  await pauseProcess(cluster.node('n1').process!.pid);
  using flood = await floodUntilStuck(cluster.access.servers[0]!.port);
  await cluster.links!.apply('slow', around(CLIENTS, ['n1']), { kind: 'latency', delayMs: 1, jitterMs: 0 });
  expect(await cluster.links!.look('slow')).toMatchObject({ isApplied: true });
  expect(place.linkEvents.map(({ what }) => what)).toEqual(['lost', 'replaced']);
  expect(await waitFor(() => flood.socket.closed, { timeoutMs: WITHIN_MS })).toBe(true);
  await cluster.signal('n1', 'SIGCONT');
});

/** Writes until nothing goes out any more: what is between us and the reader is full. */
async function floodUntilStuck(port: number): Promise<Disposable & { readonly socket: Socket }> {
  const socket = connect({ host: '127.0.0.1', port });
  socket.on('error', () => {});
  const block = Buffer.alloc(1 << 20);
  let written = -1;
  /** Looks in a row at which nothing had gone out: a Toxiproxy that has only to wait for its turn takes more soon. */
  let still = 0;
  const isStuck = await waitFor(
    () => {
      if (socket.writableLength < block.length) socket.write(block);
      const before = written;
      written = socket.bytesWritten - socket.writableLength;
      still = written === before ? still + 1 : 0;
      return written > block.length && still >= 20;
    },
    { timeoutMs: WITHIN_MS, everyMs: 100 },
  );
  expect(isStuck).toBe(true);
  return { socket, [Symbol.dispose]: () => void socket.destroy() };
}

test('it ends with the cluster, and nothing is said of that', async () => {
  await using place = await clusterTest();
  const cluster = await start(place);
  await cluster[Symbol.asyncDispose]();
  expect(await findMarked(place.runId)).toEqual([]);
  expect(place.linkEvents).toEqual([]);
  await expect(cluster.links!.apply('late', ISOLATION, CUT)).rejects.toThrow('is closed');
});

test('a program that is no Toxiproxy is a failed preflight, and leaves no process', async () => {
  await using place = await clusterTest();
  const starting = place.start(
    { nodes: 3, jetstream: false },
    { links: { routes: true, clients: false }, toxiproxyPath: process.execPath },
  );
  await expect(starting).rejects.toThrow(/Toxiproxy does not come up: it ended at once/);
  expect(await findMarked(place.runId)).toEqual([]);
});
