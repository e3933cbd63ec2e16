import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { requireForeignConsent } from '../../src/app/foreign-consent.js';
import { NS } from '../../src/base/clock.js';
import { waitFor } from '../../src/base/wait.js';
import type { LoadPlan } from '../../src/contracts/plan/loads.js';
import type { LoadSchedule } from '../../src/contracts/plan/schedule.js';
import { ClientPace } from '../../src/generators/http/client-pace.js';
import { http } from '../../src/generators/http/http.js';
import { LoadUnderTest, steadyRate, type TestLoadOptions } from './load-under-test.js';

const NOBODY = { servers: [{ host: '127.0.0.1', port: 1 }] };

interface Endpoint extends AsyncDisposable {
  readonly url: string;
  readonly requests: IncomingMessage[];
  readonly bodies: string[];
  stop(): Promise<void>;
}

/** A real HTTP server that answers as it is told. */
async function endpoint(answer: (response: ServerResponse, i: number) => void): Promise<Endpoint> {
  const requests: IncomingMessage[] = [];
  const bodies: string[] = [];
  const server: Server = createServer((request, response) => {
    const i = requests.push(request) - 1;
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      bodies.push(body);
      answer(response, i);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/path`, requests, bodies, stop, [Symbol.asyncDispose]: stop };
}

const asking = (
  url: string,
  options: Partial<TestLoadOptions> & { required?: Record<string, unknown> } = {},
) =>
  new LoadUnderTest({
    access: NOBODY,
    kind: 'http',
    schedule: steadyRate(100, 1),
    ...options,
    // No response is given up because the machine is busy, unless told.
    required: { url, timeout: '60s', ...options.required },
  });

const closed = (concurrency: number, seconds: number): LoadSchedule => ({
  mode: 'closed',
  concurrency,
  durationNs: seconds * NS.s,
});

describe('http', () => {
  it('counts as due what a burst had sent ahead of its time when the load was stopped', async () => {
    await using server = await endpoint((response) => response.end('hello'));
    const load = asking(server.url, { schedule: steadyRate(40, 20) });
    await load.start();
    await waitFor(() => load.count('ok') > 30, { timeoutMs: 30_000 });
    load.stop();
    await load.finished();
    expect(load.count('ok') + load.count('unsent')).toBe(load.count('due'));
  });

  it('sends so many requests in each second', async () => {
    await using server = await endpoint((response) => response.end('hello'));
    const load = asking(server.url);
    await load.run();
    expect(load.count('due')).toBe(100);
    expect(load.count('ok')).toBe(load.count('sent'));
    expect(load.count('sent') + load.count('unsent')).toBe(100);
  });

  it('sends what it is told, and times what comes back', async () => {
    await using server = await endpoint((response) => response.end('hello'));
    const load = asking(server.url, {
      schedule: steadyRate(100, 600),
      required: { method: 'POST', body: 'a question: où?', headers: { 'x-tenant': 'acme' } },
    });
    await load.start();
    await waitFor(() => load.count('ok') > 0, { timeoutMs: 60_000 });
    load.stop();
    await load.finished();
    expect(load.count('ok')).toBe(load.count('sent'));
    expect(load.count('ok')).toBeGreaterThan(0);
    expect(server.requests.length).toBe(load.count('sent'));
    expect(new Set(server.bodies)).toEqual(new Set(['a question: où?']));
    expect(server.requests[0]!.headers['x-tenant']).toBe('acme');
    expect(server.requests[0]!.method).toBe('POST');
    expect(load.count('bytes')).toBe(16 * load.count('sent'));
    expect(load.count('reply_bytes')).toBeGreaterThan(5 * load.count('ok'));
    for (const measure of ['ack_latency', 'service_time'] as const) {
      const histogram = load.histogram(measure);
      expect(histogram.total - histogram.censoredTotal).toBe(load.count('ok'));
      // Not rounded to milliseconds.
      expect(histogram.min % NS.ms).not.toBe(0);
    }
  });

  it('keeps as many requests under way as its concurrency says, and waits for the last', async () => {
    let underWay = 0;
    let most = 0;
    const held: (() => void)[] = [];
    await using server = await endpoint((response) => {
      most = Math.max(most, ++underWay);
      const answer = () =>
        setTimeout(() => {
          underWay--;
          response.end();
        }, 20);
      held.push(answer);
      // Nobody is answered before the first five wait: they need not come at once.
      if (most >= 5) for (const each of held.splice(0)) each();
    });
    const load = asking(server.url, { schedule: closed(5, 600) });
    await load.start();
    await waitFor(() => server.requests.length > 30, { timeoutMs: 60_000 });
    load.stop();
    await load.finished();
    expect(load.count('ok')).toBe(load.count('sent'));
    expect(load.count('due')).toBe(load.count('sent'));
    expect(server.requests.length).toBe(load.count('sent'));
    expect(most).toBe(5);
    // A timer may come a little early.
    expect(load.histogram('service_time').min).toBeGreaterThan(15 * NS.ms);
    expect(load.reports.at(-1)!.pending).toBe(0);
  });

  it('fails with the status of the response, unless it is a success', async () => {
    await using server = await endpoint((response, i) => {
      response.statusCode = i % 3 === 0 ? 503 : i % 3 === 1 ? 404 : 204;
      response.end();
    });
    const load = asking(server.url, { schedule: closed(1, 600) });
    await load.start();
    await waitFor(() => server.requests.length > 8, { timeoutMs: 60_000 });
    load.stop();
    await load.finished();
    expect(load.count('failed')).toBeGreaterThan(load.count('ok'));
    expect(load.count('ok')).toBeGreaterThan(0);
    expect(load.operationErrors.sort()).toEqual(['HTTP 404 Not Found', 'HTTP 503 Service Unavailable']);
    expect(load.histogram('ack_latency').censoredTotal).toBe(load.count('failed'));
  });

  it('does not know of what is not answered in time', async () => {
    await using server = await endpoint((response, i) => {
      if (i % 2 === 0) response.end();
    });
    const load = asking(server.url, { schedule: closed(2, 600), required: { timeout: '1s' } });
    await load.start();
    await waitFor(() => load.count('unknown') > 0, { timeoutMs: 60_000 });
    load.stop();
    await load.finished();
    expect(load.count('unknown')).toBeGreaterThan(0);
    expect(load.count('ok') + load.count('unknown')).toBe(load.count('sent'));
    expect(load.operationErrors[0]).toBe('no response in time');
    expect(load.histogram('service_time').max).toBeGreaterThan(0.9 * NS.s);
  });

  it('gives up what it could not send within its second, when the endpoint is too slow', async () => {
    await using server = await endpoint((response) => void setTimeout(() => response.end(), 100));
    const load = asking(server.url, { schedule: steadyRate(100, 1), required: { connections: 2 } });
    await load.run();
    expect(load.count('sent')).toBeLessThan(40);
    expect(load.count('sent') + load.count('unsent')).toBe(100);
    expect(load.reports.flatMap(({ troubles }) => troubles)[0]?.reason).toBe('unsent');
    // What it did send was kept waiting by the responses before it.
    const [waited, answered] = [load.histogram('ack_latency'), load.histogram('service_time')];
    expect(waited.mean * waited.total).toBeGreaterThan(answered.mean * answered.total);
  });

  it('goes on when the endpoint has gone, and counts what it refuses', async () => {
    await using server = await endpoint((response) => response.end());
    const load = asking(server.url, { schedule: closed(1, 600) });
    await load.start();
    await waitFor(() => server.requests.length > 10, { timeoutMs: 60_000 });
    await server.stop();
    await waitFor(() => load.operationErrors.join().includes('ECONNREFUSED'), { timeoutMs: 60_000 });
    load.stop();
    await load.finished();
    expect(load.count('ok')).toBeGreaterThan(0);
    expect(load.count('failed')).toBeGreaterThan(0);
    expect(load.count('ok') + load.count('failed') + load.count('unknown')).toBe(load.count('sent'));
    expect(load.operationErrors.join()).toContain('ECONNREFUSED');
  });

  it('ends early when it is told, without what is not due yet', async () => {
    await using server = await endpoint((response) => response.end());
    const load = asking(server.url, { schedule: steadyRate(20, 600) });
    await load.start();
    await waitFor(() => server.requests.length > 5, { timeoutMs: 30_000 });
    load.stop();
    await load.finished();
    expect(load.count('due')).toBeLessThan(20 * 600);
    expect(load.count('ok')).toBe(load.count('sent'));
  });

  it("asks for the page of the run's own monitor", async () => {
    await using server = await endpoint((response) => response.end('# HELP'));
    const load = asking('monitor', { metricsUrl: server.url, schedule: closed(1, 600) });
    await load.start();
    await waitFor(() => server.requests.length > 0, { timeoutMs: 60_000 });
    load.stop();
    await load.finished();
    expect(server.requests.length).toBe(load.count('ok'));
    expect(server.requests[0]!.url).toBe('/path');
  });

  it('refuses to start where nothing answers', async () => {
    const load = asking('http://127.0.0.1:1/path');
    await expect(load.ready()).rejects.toThrow(/^preflight: load orders: nothing answers at 127.0.0.1:1/);
    await expect(asking('monitor').ready()).rejects.toThrow('no monitor in this run');
  });
});

describe('an http load in its scenario', () => {
  const scene = { streams: [], events: [], loads: [], isExternal: false, defaultStorage: 'file' } as const;
  const load = (input: object, schedule: LoadSchedule = steadyRate(100, 10), workers = 1) =>
    ({
      name: 'gateway',
      kind: 'http',
      schedule,
      workers,
      params: http.schema.parse(input),
    }) as unknown as LoadPlan;
  const problemsOf = (plan: LoadPlan) => http.findProblems?.(plan, scene) ?? [];

  it.each([
    'http://127.0.0.1:8080/x',
    'http://127.8.9.10',
    'https://localhost/',
    'http://[::1]:9000',
    'monitor',
  ])('needs no consent for %s', (url) => {
    expect(problemsOf(load({ url }))).toEqual([]);
    requireForeignConsent({ loads: [load({ url })] }, []);
  });

  it('needs the consent of the scenario and of the command line for another machine', () => {
    const url = 'https://gateway.example.com/orders';
    expect(problemsOf(load({ url }))).toEqual([
      expect.objectContaining({
        key: 'url',
        message: expect.stringContaining('gateway.example.com:443 is not in `allow`'),
      }),
    ]);
    const allowed = load({ url, allow: ['gateway.example.com:443'] });
    expect(problemsOf(allowed)).toEqual([]);
    expect(() => requireForeignConsent({ loads: [allowed] }, [])).toThrow(
      'there is no consent to load gateway.example.com:443 on the command line',
    );
    requireForeignConsent({ loads: [allowed] }, ['gateway.example.com:443']);
  });

  const open = steadyRate(100, 10) as Extract<LoadSchedule, { mode: 'open' }>;
  const stage = open.stages[0]!;
  it.each<[string, LoadSchedule, number, string]>([
    ['a rate that changes', { ...open, stages: [{ ...stage, fromPerSec: 0 }] }, 1, 'stages'],
    ['arrivals by chance', { ...open, arrival: { kind: 'poisson' } }, 1, 'arrival'],
    ['a rate in bytes', { ...open, unit: 'bytes' }, 1, 'rate'],
    ['a rate that is not whole', steadyRate(2.5, 10), 1, 'rate'],
    ['a rate that its workers cannot share', steadyRate(100, 10), 3, 'rate'],
    ['a part of a second', steadyRate(100, 1.5), 1, 'rate'],
  ])('does not take %s', (_, schedule, workers, key) => {
    expect(problemsOf(load({ url: 'monitor' }, schedule, workers)).map((problem) => problem.key)).toEqual([
      key,
    ]);
  });

  it.each([
    [{}],
    [{ url: 'nats://127.0.0.1' }],
    [{ url: '127.0.0.1' }],
    [{ url: 'http://user:secret@127.0.0.1/' }],
    [{ url: 'monitor', method: 'get' }],
    [{ url: 'monitor', headers: { 'a b': 'c' } }],
    [{ url: 'monitor', pipelining: 5 }],
    [{ url: 'monitor', timeout: '100ms' }],
  ])('does not take %j', (input) => {
    expect(http.schema.safeParse(input).success).toBe(false);
  });
});

describe('the pace of a connection', () => {
  const ms = (n: number) => n * NS.ms;

  it('takes what is sent early as due then, and what responses held up as due when it was', () => {
    const pace = new ClientPace(10);
    expect(pace.dueNs(ms(5), Number.NEGATIVE_INFINITY)).toBe(ms(5));
    expect(pace.dueNs(ms(7), ms(7))).toBe(ms(7));
    // Due 200 ms after the first.
    expect(pace.dueNs(ms(400), ms(400))).toBe(ms(205));
    expect(pace.dueNs(ms(410), ms(410))).toBe(ms(305));
  });

  it('begins anew with what has waited for the next second', () => {
    const pace = new ClientPace(2);
    pace.dueNs(ms(5), Number.NEGATIVE_INFINITY);
    pace.dueNs(ms(6), ms(6));
    expect(pace.dueNs(ms(1003), ms(8))).toBe(ms(1003));
  });

  it('goes on with the next second where there was no time to wait', () => {
    const pace = new ClientPace(10);
    for (let i = 0; i < 3; i++) pace.dueNs(ms(400 * i), i === 0 ? Number.NEGATIVE_INFINITY : ms(400 * i));
    expect(pace.dueNs(ms(1200), ms(1200))).toBe(ms(1000));
    expect(pace.dueNs(ms(1600), ms(1600))).toBe(ms(1100));
  });
});
