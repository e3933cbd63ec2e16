import { describe, expect, it } from 'vitest';
import { NS } from '../../src/base/clock.js';
import { waitFor } from '../../src/base/wait.js';
import { emptyStamp, readStamp } from '../../src/wire/stamp.js';
import { messagesInto, startTestServer } from '../support/nats-server.js';
import { whileStopped } from '../support/pause-process.js';
import { LoadUnderTest, ORDERS, steadyRate } from './load-under-test.js';
import { subscribe } from './subscriber.js';

/** The stamps of all events that a server delivers. */
const subscribeToStamps = (port: number) =>
  subscribe(port, '>', ({ subject, data }) => {
    const stamp = emptyStamp();
    if (!readStamp(data, 0, data.length, stamp)) throw new Error(`a foreign message on ${subject}`);
    return { subject, bytes: data.length, ...stamp };
  });

describe('publish', () => {
  it('sends each operation of its schedule once, in order, stamped with when it was due', async () => {
    await using server = await startTestServer();
    await using subscriber = await subscribeToStamps(server.port);
    const load = new LoadUnderTest({
      access: server.access,
      kind: 'publish',
      schedule: steadyRate(5000, 1),
      writer: 77,
    });
    await load.run();
    await waitFor(() => subscriber.seen.length >= 5000, { timeoutMs: 30_000 });

    const { seen } = subscriber;
    expect(seen).toHaveLength(5000);
    expect(load.count('due')).toBe(5000);
    expect(load.count('sent')).toBe(5000);
    expect(load.count('ok')).toBe(load.count('sent'));
    expect(load.count('bytes')).toBe(seen.reduce((sum, { bytes }) => sum + bytes, 0));
    seen.forEach(({ sequence, writer, dueNs }, i) => {
      expect({ sequence, writer }).toEqual({ sequence: i, writer: 77 });
      expect(Math.abs(dueNs - (load.startNs + (i / 5000) * NS.s))).toBeLessThanOrEqual(1000);
    });
    // The mix of the selected domain, and nothing of the other.
    const share = seen.filter(({ subject }) => subject === ORDERS[0]!.subject).length / 5000;
    expect(share).toBeGreaterThan(0.7);
    expect(share).toBeLessThan(0.8);
    expect(seen.some(({ subject }) => subject === ORDERS[2]!.subject)).toBe(false);
  });

  it('shares one schedule among its workers', async () => {
    await using server = await startTestServer();
    await using subscriber = await subscribeToStamps(server.port);
    const loads = [0, 1].map(
      (worker) =>
        new LoadUnderTest({
          access: server.access,
          kind: 'publish',
          schedule: steadyRate(999, 0.5),
          worker,
          workers: 2,
          writer: worker,
        }),
    );
    await Promise.all(loads.map((load) => load.start()));
    await Promise.all(loads.map((load) => load.finished()));
    expect(loads.map((load) => load.count('sent'))).toEqual([250, 250]);
    await waitFor(() => subscriber.seen.length >= 500, { timeoutMs: 30_000 });
    expect(subscriber.seen).toHaveLength(500);
  });

  it('writes headers into every message', async () => {
    await using server = await startTestServer();
    await using subscriber = await subscribe(server.port, 'cim.>', ({ headers }) => headers?.get('Tenant'));
    const load = new LoadUnderTest({
      access: server.access,
      kind: 'publish',
      schedule: steadyRate(500, 0.2),
      params: { headers: { Tenant: 'acme' } },
    });
    await load.run();
    await waitFor(() => subscriber.seen.length >= 100, { timeoutMs: 30_000 });
    expect(subscriber.seen).toEqual(Array.from({ length: 100 }, () => 'acme'));
  });

  it('fills what room there is at rate: max, and the server confirms all of it', async () => {
    await using server = await startTestServer();
    const load = new LoadUnderTest({
      access: server.access,
      kind: 'publish',
      schedule: { mode: 'max', durationNs: 600 * NS.s },
    });
    await load.start();
    await waitFor(() => load.count('ok') > 50_000, { timeoutMs: 60_000 });
    load.stop();
    await load.finished();
    expect(load.count('ok')).toBeGreaterThan(50_000);
    expect(load.count('due')).toBe(load.count('ok'));
    await expect.poll(() => messagesInto(server)).toBe(load.count('ok'));
    expect(load.count('blocked') + load.count('dropped') + load.count('unsent')).toBe(0);
    expect(load.histogram('schedule_delay').total).toBe(0);
  });

  it('ends at rate: max when its time is over', async () => {
    await using server = await startTestServer();
    const schedule = { mode: 'max', durationNs: 0.2 * NS.s } as const;
    const load = new LoadUnderTest({ access: server.access, kind: 'publish', schedule });
    await load.run();
    expect(load.count('due')).toBe(load.count('ok'));
    await expect.poll(() => messagesInto(server)).toBe(load.count('ok'));
  });

  it('counts what waits for a stopped server as blocked, and gives up what waits too long', async () => {
    await using server = await startTestServer();
    const large = { ...ORDERS[0]!, size: { minBytes: 64_000, maxBytes: 64_000 } };
    const load = new LoadUnderTest({
      access: server.access,
      kind: 'publish',
      schedule: steadyRate(1000, 600),
      events: [large],
      params: { backlog: 0.3 * NS.s },
    });
    await load.start();
    await whileStopped(server.pid, () => waitFor(() => load.count('unsent') > 0, { timeoutMs: 60_000 }));
    await waitFor(() => load.count('blocked') > 0, { timeoutMs: 60_000 });
    load.stop();
    await load.finished();
    expect(load.count('unsent')).toBeGreaterThan(0);
    expect(load.count('blocked')).toBeGreaterThan(0);
    expect(load.count('sent') + load.count('unsent')).toBe(load.count('due'));
    // Where the server stood still for so long that it was given up, nobody knows of what was on its way.
    expect(load.count('ok') + load.count('unknown')).toBe(load.count('sent'));
    // Only what nothing but the generator held up is its own delay.
    expect(load.histogram('schedule_delay').total).toBe(load.count('sent') - load.count('blocked'));
  });

  it('does not know of what had not left when the server was killed, and goes on at another', async () => {
    await using first = await startTestServer();
    await using second = await startTestServer();
    const large = { ...ORDERS[0]!, size: { minBytes: 64_000, maxBytes: 64_000 } };
    const load = new LoadUnderTest({
      access: { servers: [...first.access.servers, ...second.access.servers] },
      kind: 'publish',
      schedule: steadyRate(1000, 3),
      events: [large],
    });
    await load.start();
    process.kill(first.pid, 'SIGSTOP');
    // Its socket is full when what is sent stands still.
    await waitFor(() => load.reports.length > 1 && load.reports.at(-1)!.pending > 100, { timeoutMs: 20_000 });
    await first.stop('SIGKILL');
    await load.finished();
    expect(load.count('unknown')).toBeGreaterThan(0);
    expect(load.count('ok') + load.count('unknown')).toBe(load.count('sent'));
    expect(load.count('sent')).toBe(3000);
    expect(load.noticesOf('disconnected')).toHaveLength(1);
    expect(load.noticesOf('reconnected').map(({ text }) => text)).toEqual([`to 127.0.0.1:${second.port}`]);
    await expect.poll(() => messagesInto(second)).toBeGreaterThan(0);
  });

  it('stops when told, early and before its start', async () => {
    await using server = await startTestServer();
    const options = { access: server.access, kind: 'publish', schedule: steadyRate(1000, 600) } as const;
    const running = new LoadUnderTest(options);
    await running.start();
    await waitFor(() => running.reports.length > 0, { timeoutMs: 30_000 });
    running.stop();
    await running.finished();
    expect(running.count('sent')).toBeGreaterThan(0);
    expect(running.count('due')).toBe(running.count('sent'));
    expect(running.reports.at(-1)!.pending).toBe(0);

    const unstarted = new LoadUnderTest(options);
    await unstarted.ready();
    unstarted.stop();
    await unstarted.finished();
    expect(unstarted.reports).toEqual([]);
  });

  it('files operations under the phase in which they were due, intervals touching', async () => {
    await using server = await startTestServer();
    const load = new LoadUnderTest({
      access: server.access,
      kind: 'publish',
      schedule: steadyRate(2000, 1.5),
    });
    await load.start();
    load.phaseClock.begin('faults', load.startNs + 0.5 * NS.s);
    load.phaseClock.begin('steady', load.startNs + 1.25 * NS.s);
    await load.finished();
    const byPhase = (phase: string, counter: 'due' | 'sent') =>
      load.reports
        .flatMap(({ phases }) => phases)
        .filter((report) => report.phase === phase)
        .reduce((sum, { counters }) => sum + (counters[counter] ?? 0), 0);
    expect(byPhase('faults', 'due')).toBe(1500);
    expect(byPhase('steady', 'due')).toBe(1500);
    expect(byPhase('faults', 'sent')).toBe(1500);
    load.reports.forEach(({ startNs }, i) => {
      expect(startNs).toBe(i === 0 ? load.startNs : load.reports[i - 1]!.endNs);
    });
  });

  it.each([
    [
      'a message that the server does not take',
      { minBytes: 2_000_000, maxBytes: 2_000_000 },
      /the server takes/,
    ],
    ['a message without room for a stamp', { minBytes: 8, maxBytes: 8 }, /no room for its 16 B stamp/],
  ])('refuses %s before it starts', async (_, size, message) => {
    await using server = await startTestServer();
    const load = new LoadUnderTest({
      access: server.access,
      kind: 'publish',
      schedule: steadyRate(1, 1),
      events: [{ ...ORDERS[0]!, size }],
    });
    await expect(load.ready()).rejects.toThrow(/^preflight: load orders/);
    await expect(load.finished()).rejects.toThrow(message);
  });
});
