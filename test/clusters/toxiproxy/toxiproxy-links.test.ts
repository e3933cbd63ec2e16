import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { messageOf } from '../../../src/base/errors.js';
import { freshId } from '../../../src/base/ids.js';
import type { LinkProxy } from '../../../src/clusters/toxiproxy/link-proxy.js';
import { ToxiproxyApi } from '../../../src/clusters/toxiproxy/toxiproxy-api.js';
import { ToxiproxyLinks } from '../../../src/clusters/toxiproxy/toxiproxy-links.js';
import { ToxiproxyProcess } from '../../../src/clusters/toxiproxy/toxiproxy-process.js';
import { CLIENTS, type LinkEffect } from '../../../src/contracts/links.js';
import { endMarked, sendSignal } from '../../../src/processes/end-process.js';
import type { PortLease } from '../../../src/processes/port-lease.js';
import { findMarked } from '../../../src/processes/run-mark.js';
import { carryOut } from '../../../src/undo/carry-out.js';
import { startTestServer, type TestServer } from '../../support/nats-server.js';
import { pauseProcess } from '../../support/pause-process.js';
import { leaseTestPorts } from '../../support/test-ports.js';
import { toxiproxyPath } from '../../support/toxiproxy.js';

/** A Toxiproxy as somebody else runs it: with proxies of theirs, and a toxic of theirs on one. */
let directory: string;
let lease: PortLease;
let server: TestServer;
let theirs: ToxiproxyProcess;
let api: ToxiproxyApi;
let proxies: readonly LinkProxy[];
const mark = `test-${freshId()}`;
const TO_N1 = [{ from: CLIENTS, to: 'n1' }];
const BOTH = [...TO_N1, { from: 'n1', to: CLIENTS }];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stormglass-toxiproxy-test-'));
  lease = await leaseTestPorts(3);
  server = await startTestServer();
  const [port, ...listens] = lease.ports as [number, number, number];
  theirs = new ToxiproxyProcess({
    program: await toxiproxyPath(),
    port,
    logFile: join(directory, 'toxiproxy.log'),
    mark,
    proxies: () =>
      listens.map((listen, i) => ({
        name: `door-${i + 1}`,
        listen: `127.0.0.1:${listen}`,
        upstream: `127.0.0.1:${server.port}`,
      })),
    onEnd: () => {},
  });
  await theirs.restart();
  api = new ToxiproxyApi(theirs.url);
  await api.addToxic('door-1', 'theirs', 'downstream', {
    type: 'latency',
    attributes: { latency: 1, jitter: 0 },
  });
  proxies = [1, 2].map((i) => ({ url: theirs.url, name: `door-${i}`, from: CLIENTS, to: `n${i}` }));
});

afterAll(async () => {
  await theirs.close();
  await server[Symbol.asyncDispose]();
  lease[Symbol.dispose]();
  await endMarked(mark, { graceMs: 0 });
  await rm(directory, { recursive: true, force: true });
});

const links = () => new ToxiproxyLinks({ mark, proxies: () => proxies });

/** What Toxiproxy itself says of a toxic of ours. */
async function toxicsOf(proxy: string): Promise<{ type: string; stream: string; attributes: object }[]> {
  const response = await fetch(`${theirs.url}/proxies/${proxy}/toxics`);
  const toxics = (await response.json()) as {
    name: string;
    type: string;
    stream: string;
    attributes: object;
  }[];
  return toxics.filter(({ name }) => name.startsWith(mark)).map(({ name: _, ...toxic }) => toxic);
}

test.each<[LinkEffect, string, object]>([
  [{ kind: 'cut', how: 'drop' }, 'timeout', { timeout: 0 }],
  [{ kind: 'latency', delayMs: 80, jitterMs: 20 }, 'latency', { latency: 80, jitter: 20 }],
  [{ kind: 'bandwidth', bytesPerSec: 64_000 }, 'bandwidth', { rate: 64 }],
  [{ kind: 'bandwidth', bytesPerSec: 10 }, 'bandwidth', { rate: 1 }],
  [
    { kind: 'slicer', averageBytes: 64, variationBytes: 16, delayUs: 100 },
    'slicer',
    { average_size: 64, size_variation: 16, delay: 100 },
  ],
  [{ kind: 'slow-close', delayMs: 500 }, 'slow_close', { delay: 500 }],
  [{ kind: 'reset', afterMs: 250 }, 'reset_peer', { timeout: 250 }],
  [{ kind: 'timeout', afterMs: 300 }, 'timeout', { timeout: 300 }],
  [{ kind: 'limit-data', bytes: 4096 }, 'limit_data', { bytes: 4096 }],
])('%j is a toxic in its direction, and theirs stays when it goes', async (effect, type, attributes) => {
  const control = links();
  await control.apply('e', TO_N1, effect);
  // One way is the upstream of the proxy that the clients dial.
  const { toxicity: _, ...toxic } = (await toxicsOf('door-1'))[0] as Record<string, unknown>;
  expect(toxic).toEqual({ type, stream: 'upstream', attributes });
  expect(await toxicsOf('door-2')).toEqual([]);
  expect(await control.look('e')).toMatchObject({
    isApplied: true,
    saw: `${type} upstream of clients → n1`,
  });
  await control.lift('e');
  expect(await control.look('e')).toMatchObject({ isLifted: true, isApplied: false });
  expect((await api.read()).get('door-1')?.toxics.map(({ name }) => name)).toEqual(['theirs']);
});

test('a toxic that somebody else took off is missed, and lifting it is no error', async () => {
  const control = links();
  await control.apply('e', BOTH, { kind: 'latency', delayMs: 5, jitterMs: 0 });
  await api.removeToxic('door-1', `${mark}-e-upstream`);
  expect(await control.look('e')).toEqual({
    isApplied: false,
    isLifted: false,
    saw: 'latency downstream of clients → n1, 1 missing',
  });
  await control.lift('e');
  expect(await control.look('e')).toMatchObject({ isLifted: true });
});

test('an effect that cannot be had on one proxy is on none', async () => {
  const gone: LinkProxy = { url: theirs.url, name: 'no-such-door', from: CLIENTS, to: 'n3' };
  const control = new ToxiproxyLinks({ mark, proxies: () => [...proxies, gone] });
  const ways = [...TO_N1, { from: CLIENTS, to: 'n3' }];
  await expect(control.apply('e', ways, { kind: 'cut', how: 'drop' })).rejects.toThrow(
    /no-such-door: status 404/,
  );
  expect(await toxicsOf('door-1')).toEqual([]);
  expect(await control.look('e')).toMatchObject({ isApplied: false, isLifted: true });
});

test('connections that stand are slowed too', async () => {
  const [, port] = lease.ports;
  const nc = await connect({ servers: `127.0.0.1:${port}` });
  const control = links();
  await control.apply('e', BOTH, { kind: 'latency', delayMs: 150, jitterMs: 0 });
  expect(await nc.rtt()).toBeGreaterThanOrEqual(300);
  await control.lift('e');
  await nc.flush();
  expect(nc.isClosed()).toBe(false);
  await nc.close();
});

test('one of somebody else is not replaced when it hangs: that is an error, and lifted later', async () => {
  const control = links();
  const [record] = control.undoRecords('e', BOTH, { kind: 'cut', how: 'reject' });
  await control.apply('e', BOTH, { kind: 'cut', how: 'reject' });
  await pauseProcess(theirs.identity!.pid);
  await expect(control.lift('e')).rejects.toThrow(`Toxiproxy at ${theirs.url} does not answer`);
  sendSignal(theirs.identity!, 'SIGCONT');
  await control.lift('e');
  expect(await carryOut(record!)).toMatchObject({ undone: true });
  expect(await control.look('e')).toMatchObject({ isLifted: true });
});

test('one that is closed while it starts does not run on', async () => {
  using another = await leaseTestPorts(1);
  const ownMark = `test-${freshId()}`;
  const own = new ToxiproxyProcess({
    program: await toxiproxyPath(),
    port: another.ports[0] as number,
    logFile: join(directory, 'closed.log'),
    mark: ownMark,
    proxies: () => [],
    onEnd: () => {},
  });
  await own.restart();
  const again = own.restart().catch(messageOf);
  await own.close();
  expect(await again).toContain('is closed');
  expect(await findMarked(ownMark)).toEqual([]);
});

test('who takes the port of its control is not taken for it', async () => {
  using another = await leaseTestPorts(1);
  const [port] = another.ports as [number];
  const other = createServer((_, response) => response.end('{"theirs":{}}'));
  await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
  const own = new ToxiproxyProcess({
    program: await toxiproxyPath(),
    port,
    logFile: join(directory, 'second.log'),
    mark,
    proxies: () => [],
    onEnd: () => {},
  });
  await expect(own.restart()).rejects.toThrow('address already in use');
  expect(own.isRunning).toBe(false);
  other.closeAllConnections();
  await new Promise((resolve) => other.close(resolve));
});
