import { connect, type Msg } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.js';
import { waitFor } from '../../src/base/wait.js';
import type { LoadPlan } from '../../src/contracts/plan/loads.js';
import { service } from '../../src/generators/service/service.js';
import { drawDelays, serviceDelaySchema } from '../../src/generators/service/service-delay.js';
import { startTestServer, type TestServer } from '../support/nats-server.js';
import { type LoadUnderTest, loadsOf, type TestLoadOptions } from './load-under-test.js';
import { subscribe } from './subscriber.js';

const answering = loadsOf('service', { mode: 'follow' });

const asks = (server: TestServer) => connect({ servers: `127.0.0.1:${server.port}`, noAsyncTraces: true });

async function started(
  server: TestServer,
  required?: Record<string, unknown>,
  options?: Partial<TestLoadOptions>,
) {
  const load = answering(server, required, options);
  await load.start();
  return load;
}

async function ended(...loads: LoadUnderTest[]) {
  for (const load of loads) load.stop();
  for (const load of loads) await load.finished();
}

describe('service', () => {
  it.each([
    ['the request itself', {}, (reply: Msg) => reply.string() === 'what is asked'],
    ['as many bytes as it is told', { 'reply-size': '300B' }, (reply: Msg) => reply.data.length === 300],
    ['nothing, where that is its size', { 'reply-size': '0B' }, (reply: Msg) => reply.data.length === 0],
    ['the request after a while', { delay: '20ms' }, (reply: Msg) => reply.string() === 'what is asked'],
  ])('answers with %s', async (_, required, matches) => {
    await using server = await startTestServer();
    const load = await started(server, required);
    const connection = await asks(server);
    const replies = await Promise.all(
      Array.from({ length: 50 }, () =>
        connection.request('requests.orders.Placed', 'what is asked', { timeout: 60_000 }),
      ),
    );
    await connection.close();
    await ended(load);
    expect(replies.every(matches)).toBe(true);
    expect(load.count('received')).toBe(50);
    expect(load.count('ok')).toBe(50);
    expect(load.count('bytes')).toBe(replies.reduce((sum, { data }) => sum + data.length, 0));
    expect(load.histogram('service_time').total).toBe(50);
    expect(load.histogram('service_time').min).toBeGreaterThanOrEqual('delay' in required ? 20e6 : 0);
  });

  it('takes large requests whole', async () => {
    await using server = await startTestServer();
    const load = await started(server, { delay: '1ms..5ms' });
    const connection = await asks(server);
    const payload = new Uint8Array(700_000);
    seededRandom(1, 'large').fill(payload);
    const reply = await connection.request('requests.orders.Paid', payload, { timeout: 60_000 });
    await connection.close();
    await ended(load);
    expect(Buffer.compare(reply.data, payload)).toBe(0);
  });

  it('shares its requests among its workers, each answered once', async () => {
    await using server = await startTestServer();
    const loads = await Promise.all([0, 1].map((worker) => started(server, {}, { worker, workers: 2 })));
    const connection = await asks(server);
    let replies = 0;
    connection.subscribe('here.*', { callback: () => void replies++ });
    for (let i = 0; i < 300; i++) {
      connection.publish('requests.orders.Placed', 'x', { reply: `here.${i}` });
    }
    await waitFor(() => replies >= 300, { timeoutMs: 30_000 });
    await ended(...loads);
    await connection.flush();
    await connection.close();
    expect(replies).toBe(300);
    const counts = loads.map((load) => load.count('ok'));
    expect(counts[0]! + counts[1]!).toBe(300);
    expect(Math.min(...counts)).toBeGreaterThan(50);
  });

  it('makes the errors and silences that it is told to make, and says so', async () => {
    await using server = await startTestServer();
    const load = await started(server, { subject: 'ask', errors: '30%', silent: '20%' });
    const connection = await asks(server);
    await using here = await subscribe(
      server.port,
      'here.*',
      ({ headers }) => headers?.get('Nats-Service-Error-Code') ?? '',
    );
    for (let i = 0; i < 1000; i++) connection.publish('ask', 'x', { reply: `here.${i}` });
    await connection.flush();
    await waitFor(() => load.reports.some(({ phases }) => phases.length > 0), { timeoutMs: 30_000 });
    await ended(load);
    await connection.close();
    expect(load.count('received')).toBe(1000);
    expect(await waitFor(() => here.seen.length === load.count('ok'), { timeoutMs: 30_000 })).toBe(true);
    expect(new Set(here.seen)).toEqual(new Set(['', '500']));
    const errors = here.seen.filter((code) => code === '500').length;
    expect(errors).toBeGreaterThan(230);
    expect(errors).toBeLessThan(370);
    expect(1000 - load.count('ok')).toBeGreaterThan(140);
    expect(1000 - load.count('ok')).toBeLessThan(260);
    expect(load.noticesOf('note').map(({ text }) => text)).toEqual([
      `as it was told, ${errors} requests were answered with an error and ${1000 - load.count('ok')} not at all`,
    ]);
  });

  it('keeps what a message without a reply subject asks for to itself', async () => {
    await using server = await startTestServer();
    const load = await started(server);
    const connection = await asks(server);
    connection.publish('requests.orders.Placed', 'nobody waits');
    await connection.flush();
    await connection.close();
    await ended(load);
    expect(load.count('received')).toBe(1);
    expect(load.count('sent')).toBe(0);
  });

  it('answers what it has heard when its own time is over', async () => {
    await using server = await startTestServer();
    const load = answering(server, { delay: '1s' }, { schedule: { mode: 'follow', durationNs: 0.2e9 } });
    await load.ready();
    const connection = await asks(server);
    const reply = connection.request('requests.orders.Placed', 'late', { timeout: 60_000 });
    // It is with the service before that begins: its own time is soon over.
    await connection.flush();
    await load.start();
    await load.finished();
    expect((await reply).string()).toBe('late');
    await connection.close();
    expect(load.count('ok')).toBe(1);
  });

  it('refuses answers that the server would not take', async () => {
    await using server = await startTestServer({ config: { max_payload: 1024 } });
    const load = answering(server, { 'reply-size': '2KiB' });
    await expect(load.ready()).rejects.toThrow('its answers have 2 KiB, the server takes 1 KiB');
  });

  it('finds that more than all cannot go wrong', () => {
    const load = { params: service.schema.parse({ errors: '60%', silent: '50%' }) } as unknown as LoadPlan;
    const scene = { streams: [], events: [], loads: [], isExternal: false, defaultStorage: 'file' } as const;
    expect(service.findProblems?.(load, scene)).toEqual([
      expect.objectContaining({ key: 'silent', message: expect.stringContaining('more than 100%') }),
    ]);
  });

  it.each([
    [{ subject: 'a..b' }],
    [{ subject: 'a.{who}' }],
    [{ errors: '101%' }],
    [{ delay: '20ms..1ms' }],
    [{ delay: '2m' }],
    [{ delay: { median: '5ms' } }],
    [{ delay: { median: '5ms', p99: '4ms' } }],
    [{ 'reply-size': '100MiB' }],
    [{ 'reply-size': 'ehco' }],
  ])('does not take %j', (input) => {
    expect(service.schema.safeParse(input).success).toBe(false);
  });
});

describe('the delays of a service', () => {
  const drawn = (input: unknown) => {
    const draw = drawDelays(serviceDelaySchema.parse(input), seededRandom(7, 'delays'));
    return Array.from({ length: 20_000 }, draw).sort((a, b) => a - b);
  };

  it('are constant', () => {
    expect(new Set(drawn('5ms'))).toEqual(new Set([5e6]));
  });

  it('are spread evenly over a range', () => {
    const delays = drawn('1ms..21ms');
    expect(delays[0]).toBeGreaterThanOrEqual(1e6);
    expect(delays.at(-1)).toBeLessThanOrEqual(21e6);
    expect(delays[10_000]! / 11e6).toBeCloseTo(1, 1);
  });

  it('have the median and the 99th percentile that they are given', () => {
    const delays = drawn({ median: '5ms', p99: '40ms' });
    expect(delays[10_000]! / 5e6).toBeCloseTo(1, 1);
    expect(delays[19_800]! / 40e6).toBeCloseTo(1, 0);
    expect(delays[0]).toBeGreaterThan(0);
  });
});
