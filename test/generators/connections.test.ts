import { describe, expect, it } from 'vitest';
import { NS } from '../../src/base/clock.js';
import { waitFor } from '../../src/base/wait.js';
import type { LoadPlan } from '../../src/contracts/plan/loads.js';
import type { LoadSchedule } from '../../src/contracts/plan/schedule.js';
import { connections } from '../../src/generators/connections/connections.js';
import { requireSockets } from '../../src/generators/socket-budget.js';
import { startTestServer, type TestServer } from '../support/nats-server.js';
import { startRelay } from '../support/relay.js';
import { type LoadUnderTest, loadsOf, steadyRate } from './load-under-test.js';

const stormOf = loadsOf('connections', steadyRate(200, 0.5));
/** No attempt fails because the machine is busy, unless told. */
const storm = (
  from: Parameters<typeof stormOf>[0],
  required: Parameters<typeof stormOf>[1] = {},
  options?: Parameters<typeof stormOf>[2],
) => stormOf(from, { timeout: '60s', ...required }, options);

/** So many are due at once, and then, for as long as anybody waits, none. */
const burst = (count: number): LoadSchedule => ({
  mode: 'open',
  arrival: { kind: 'constant' },
  unit: 'operations',
  stages: [
    { fromPerSec: 200, toPerSec: 200, durationNs: (count / 200) * NS.s },
    { fromPerSec: 0, toPerSec: 0, durationNs: 600 * NS.s },
  ],
});

interface Varz {
  readonly connections: number;
  readonly total_connections: number;
  readonly subscriptions: number;
}

const varz = async (server: TestServer) => (await (await fetch(`${server.monitorUrl}/varz`)).json()) as Varz;

/** Waits until the server lists what is expected, and returns what it lists then. */
async function listed(server: TestServer, expected: Partial<Varz>): Promise<Partial<Varz>> {
  let last: Varz | undefined;
  await waitFor(
    async () => {
      last = await varz(server);
      return Object.entries(expected).every(([key, value]) => last?.[key as keyof Varz] === value);
    },
    { timeoutMs: 30_000, everyMs: 20 },
  );
  return Object.fromEntries(Object.keys(expected).map((key) => [key, last?.[key as keyof Varz]]));
}

async function ended(load: LoadUnderTest) {
  load.stop();
  await load.finished();
}

describe('connections', () => {
  it('opens each when it is due, and keeps all open until the schedule is over, be it long after', async () => {
    await using server = await startTestServer();
    const { total_connections: before } = await varz(server);
    const load = storm(server, {}, { schedule: burst(50) });
    await load.start();
    // One more, which looks whether any can be had.
    const expected = { connections: 50, total_connections: before + 51 };
    expect(await listed(server, expected)).toEqual(expected);
    // The server lists a connection before who opens it knows.
    expect(await waitFor(() => load.count('ok') === 50, { timeoutMs: 30_000 })).toBe(true);
    await ended(load);
    expect(load.count('due')).toBe(50);
    expect(load.count('ok')).toBe(50);
    for (const measure of ['ack_latency', 'service_time'] as const) {
      expect(load.histogram(measure).total).toBe(50);
      expect(load.histogram(measure).min).toBeGreaterThan(0);
    }
    expect(load.noticesOf('note').map(({ text }) => text)).toEqual([
      "at most 50 of a worker's connections were open at a time",
    ]);
    expect(load.reports.at(-1)!.pending).toBe(0);
    expect(await listed(server, { connections: 0 })).toEqual({ connections: 0 });
  });

  it('ends by itself when the schedule is over', async () => {
    await using server = await startTestServer();
    const load = storm(server, {}, { schedule: steadyRate(100, 0.2) });
    await load.run();
    expect(load.count('ok')).toBe(20);
    expect(await listed(server, { connections: 0 })).toEqual({ connections: 0 });
  });

  it('lets a new one take the place of the oldest, when all places are taken', async () => {
    await using server = await startTestServer();
    const { total_connections: before } = await varz(server);
    const load = storm(server, { connections: 10 }, { schedule: burst(60) });
    await load.start();
    const expected = { connections: 10, total_connections: before + 61 };
    expect(await listed(server, expected)).toEqual(expected);
    expect(await waitFor(() => load.count('ok') === 60, { timeoutMs: 30_000 })).toBe(true);
    await ended(load);
    expect(load.count('ok')).toBe(60);
    expect(load.noticesOf('note')[0]!.text).toContain('at most 10 of');
    expect(load.noticesOf('disconnected')).toEqual([]);
  });

  it('closes each when it was held long enough', async () => {
    await using server = await startTestServer();
    const { total_connections: before } = await varz(server);
    const load = storm(server, { hold: '50ms' }, { schedule: burst(40) });
    await load.start();
    const expected = { connections: 0, total_connections: before + 41 };
    expect(await listed(server, expected)).toEqual(expected);
    await ended(load);
    expect(load.count('ok')).toBe(40);
    expect(load.noticesOf('disconnected')).toEqual([]);
  });

  it('counts one as connected when the server has its subscriptions', async () => {
    await using server = await startTestServer();
    const { subscriptions } = await varz(server);
    const load = storm(server, { subscriptions: 5 }, { schedule: burst(20) });
    await load.start();
    const expected = { subscriptions: subscriptions + 100 };
    expect(await listed(server, expected)).toEqual(expected);
    await ended(load);
    expect(load.count('ok')).toBe(20);
  });

  it('fails when its time is over before the server has its subscriptions', async () => {
    await using server = await startTestServer();
    await using relay = await startRelay(server.port, 'SUB ');
    const load = storm(
      server,
      { subscriptions: 1, timeout: '4s' },
      { access: relay.access, schedule: steadyRate(50, 0.1) },
    );
    await load.run();
    expect(load.count('failed')).toBe(5);
    expect(load.operationErrors).toContain('no word of its subscriptions within 4 s');
  });

  it('fails with what the server says, and goes on', async () => {
    await using server = await startTestServer({ config: { max_connections: 8 } });
    const load = storm(server, { connections: 20 });
    await load.run();
    expect(load.count('failed')).toBeGreaterThan(0);
    expect(load.count('failed') + load.count('ok')).toBe(100);
    expect(load.count('ok')).toBeGreaterThanOrEqual(8);
    expect(load.operationErrors[0]).toMatch(/maximum connections exceeded/);
    expect(load.reports.flatMap(({ troubles }) => troubles)[0]?.reason).toMatch(/maximum connections/);
    expect(load.histogram('ack_latency').censoredTotal).toBe(load.count('failed'));
  });

  it('notices those that are lost, and does not open them again by itself', async () => {
    await using server = await startTestServer();
    const load = storm(server, {}, { schedule: steadyRate(50, 600) });
    await load.start();
    await waitFor(() => load.count('ok') > 20, { timeoutMs: 30_000 });
    await server.stop('SIGKILL');
    await waitFor(() => load.count('failed') > 20, { timeoutMs: 30_000 });
    load.stop();
    await load.finished();
    expect(load.noticesOf('disconnected').reduce((sum, { count }) => sum + count, 0)).toBe(load.count('ok'));
    expect(load.operationErrors.join()).toContain('ECONNREFUSED');
  });

  it('does not begin where nobody is let in', async () => {
    await using server = await startTestServer({ config: { authorization: { token: 'secret' } } });
    await expect(storm(server).ready()).rejects.toThrow(
      /^preflight: cannot connect: .*Authorization Violation/,
    );
  });

  it('finds that every worker needs a connection', () => {
    const params = connections.schema.parse({ connections: 3 });
    const load = { workers: 4, schedule: steadyRate(50, 1), params } as unknown as LoadPlan;
    const scene = { streams: [], events: [], loads: [], isExternal: false, defaultStorage: 'file' } as const;
    expect(connections.findProblems?.(load, scene)?.map(({ key }) => key)).toEqual(['workers']);
  });

  it.each([
    [{ connections: 0 }],
    [{ connections: '2M' }],
    [{ hold: '0s' }],
    [{ subscriptions: -1 }],
    [{ headers: { a: 'b' } }],
    [{ churn: '5/s' }],
  ])('does not take %j', (input) => {
    expect(connections.schema.safeParse(input).success).toBe(false);
  });
});

describe('the sockets that a load needs', () => {
  const nodes = [{ name: 'n1', host: '127.0.0.1', clientPort: 1, process: { pid: 42, startedAt: '' } }];
  const limits = (own: number | null, servers: number | null) => ({
    nodes,
    openFiles: async (pid?: number) => ({ open: 50, limit: pid === undefined ? own : servers }),
  });

  it('may be had', async () => {
    await requireSockets('load storm', 1000, limits(2000, 2000));
    await requireSockets('load storm', 1000, limits(null, null));
    await requireSockets('load storm', 1000, { nodes });
  });

  it('are refused with the limit of this process, and how to raise it', async () => {
    await expect(requireSockets('load storm', 1000, limits(1024, 4096))).rejects.toMatchObject({
      exit: 'preflight',
      message:
        'load storm opens up to 1,000 connections, and this process may have 1,024 files open, 50 of which are',
      hint: 'raise the limit in the shell that starts it, `ulimit -n 1250`, or open fewer',
    });
  });

  it('are refused with the limit of a server', async () => {
    await expect(requireSockets('load storm', 1000, limits(4096, 1024))).rejects.toMatchObject({
      message: expect.stringContaining('to the server n1, and the server n1 may have 1,024 files open'),
    });
  });
});
