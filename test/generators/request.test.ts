import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, headers } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { NS } from '../../src/base/clock.js';
import { waitFor } from '../../src/base/wait.js';
import { request } from '../../src/generators/request/request.js';
import { startTestServer, type TestServer } from '../support/nats-server.js';
import { pauseProcess } from '../support/pause-process.js';
import { LoadUnderTest, ORDERS, steadyRate, type TestLoadOptions } from './load-under-test.js';
import { countOperations, readOperations } from './operations.js';

/** No reply is given up because the machine is busy, unless told. */
const requests = (server: TestServer, { params, ...options }: Partial<TestLoadOptions> = {}) =>
  new LoadUnderTest({
    access: server.access,
    kind: 'request',
    schedule: steadyRate(500, 0.4),
    ...options,
    params: { timeout: 60 * NS.s, ...params },
  });

/** A service of the user's: whatever answers on the subject. */
async function answering(
  server: TestServer,
  subject: string,
  answer: (i: number) => readonly [Uint8Array | string, code?: string],
) {
  const connection = await connect({ servers: `127.0.0.1:${server.port}` });
  const subjects: string[] = [];
  let i = 0;
  connection.subscribe(subject, {
    callback: (_, message) => {
      subjects.push(message.subject);
      const [payload, code] = answer(i++);
      const header = headers();
      if (code !== undefined) {
        header.set('Nats-Service-Error', `no order ${i}`);
        header.set('Nats-Service-Error-Code', code);
      }
      if (payload !== 'silence') message.respond(payload, code === undefined ? {} : { headers: header });
    },
  });
  await connection.flush();
  return { subjects, close: () => connection.close() };
}

describe('request', () => {
  it('sends each request of its schedule once and has its reply, with what both carry', async () => {
    await using server = await startTestServer();
    const service = await answering(server, 'requests.>', () => ['a reply']);
    const load = requests(server);
    await load.run();
    await service.close();
    expect(load.count('due')).toBe(200);
    expect(load.count('ok')).toBe(200);
    expect(service.subjects).toHaveLength(200);
    expect(new Set(service.subjects)).toEqual(new Set(['requests.orders.Placed', 'requests.orders.Paid']));
    expect(load.count('reply_bytes')).toBe(200 * 7);
    expect(load.count('bytes')).toBeGreaterThanOrEqual(200 * 16);
    for (const measure of ['ack_latency', 'service_time'] as const) {
      expect(load.histogram(measure).total).toBe(200);
      expect(load.histogram(measure).censoredTotal).toBe(0);
    }
    expect(load.histogram('ack_latency').mean).toBeGreaterThanOrEqual(load.histogram('service_time').mean);
  });

  it('keeps so many in flight as its concurrency says, on a subject of its own', async () => {
    await using server = await startTestServer();
    const service = await answering(server, 'shop.orders.get', () => ['ok']);
    const load = requests(server, {
      required: { subject: 'shop.{domain}.get' },
      schedule: { mode: 'closed', concurrency: 4, durationNs: 600 * NS.s },
    });
    await load.start();
    await waitFor(() => load.reports.length > 0 && service.subjects.length > 10, { timeoutMs: 60_000 });
    load.stop();
    await load.finished();
    await service.close();
    expect(load.count('ok')).toBeGreaterThan(10);
    expect(load.count('ok')).toBe(load.count('sent'));
    expect(service.subjects.length).toBe(load.count('ok'));
    expect(Math.max(...load.reports.map(({ pending }) => pending))).toBeLessThanOrEqual(4);
  });

  it('fails where nobody is there to answer, at once and with that reason', async () => {
    await using server = await startTestServer();
    const load = requests(server);
    await load.run();
    expect(load.count('failed')).toBe(200);
    expect(load.operationErrors).toEqual(['no responders']);
    expect(load.histogram('ack_latency').censoredTotal).toBe(200);
    const [trouble] = load.reports.flatMap(({ troubles }) => troubles);
    expect(trouble?.reason).toBe('no responders');
  });

  it('fails with what a service says went wrong, and does not know of what it never answers', async () => {
    await using server = await startTestServer();
    const service = await answering(server, 'requests.>', (i) =>
      i % 4 === 0 ? ['', '404'] : i % 4 === 1 ? ['silence'] : ['ok'],
    );
    const directory = await mkdtemp(join(tmpdir(), 'stormglass-request-'));
    const historyFile = join(directory, 'requests.sgh');
    const load = requests(server, { params: { timeout: 5 * NS.s }, historyFile });
    await load.run();
    await service.close();
    const operations = readOperations(historyFile);
    await rm(directory, { recursive: true });
    expect(countOperations(operations)).toEqual({
      'request ok': 100,
      'request failed': 50,
      'request unknown': 50,
    });
    expect(new Set(operations.map(({ outcome, reason }) => `${outcome}: ${reason}`))).toEqual(
      new Set(['ok: ', 'failed: service error 404: no order N', 'unknown: no reply within 5 s']),
    );
    expect(new Set(operations.map(({ subject }) => subject))).toEqual(new Set(service.subjects));
    expect(load.count('failed')).toBe(50);
    expect(load.count('unknown')).toBe(50);
    expect(load.count('ok')).toBe(100);
    expect(load.operationErrors).toContain('service error 404: no order N');
    // What was not answered waited as long as it was waited for: no survivors' statistics.
    expect(load.histogram('service_time').max).toBeGreaterThanOrEqual(5 * NS.s);
  });

  it('shows a second where the server stalls for a second', async () => {
    await using server = await startTestServer();
    const service = await answering(server, 'requests.>', () => ['ok']);
    const load = requests(server, { schedule: steadyRate(200, 2), params: { window: 16 } });
    await load.start();
    await waitFor(() => service.subjects.length > 0, { timeoutMs: 30_000, everyMs: 5 });
    await pauseProcess(server.pid);
    await waitFor(() => load.reports.some(({ pending }) => pending > 100), { timeoutMs: 30_000 });
    process.kill(server.pid, 'SIGCONT');
    await load.finished();
    await service.close();
    expect(load.count('ok')).toBe(400);
    expect(load.count('blocked')).toBeGreaterThan(0);
    expect(load.histogram('ack_latency').max).toBeGreaterThan(0.3 * NS.s);
  });

  it('refuses a request that the server would not take', async () => {
    await using server = await startTestServer({ config: { max_payload: 1024 } });
    const load = requests(server, { events: [{ ...ORDERS[0]!, size: { minBytes: 2048, maxBytes: 2048 } }] });
    await expect(load.ready()).rejects.toThrow(/^preflight: load orders: its largest message has 2048 B/);
  });

  it.each([
    [{ subject: 'orders.*' }],
    [{ subject: 'orders..get' }],
    [{ subject: 'orders.{kind}' }],
    [{ timeout: '0s' }],
    [{ 'ack-timeout': '1s' }],
    [{ headers: { 'Nats-Msg-Id': 'x' } }],
  ])('does not take %j', (input) => {
    expect(request.schema.safeParse(input).success).toBe(false);
  });
});
