import { describe, expect, it } from 'vitest';
import { NS } from '../../src/base/clock.js';
import { waitFor } from '../../src/base/wait.js';
import type { LoadCounter, PhaseReport } from '../../src/contracts/load.js';
import type { PhaseName } from '../../src/contracts/plan/phase.js';
import type { LoadSchedule } from '../../src/contracts/plan/schedule.js';
import { createPacer } from '../../src/generators/pacer.js';
import { EventCounter } from '../../src/monitor/event-counter.js';
import { emptyStamp, readStamp } from '../../src/wire/stamp.js';
import { messagesInto, startTestServer } from '../support/nats-server.js';
import { LoadUnderTest, ORDERS, steadyRate } from './load-under-test.js';
import { startWithStream } from './orders-stream.js';
import { subscribe } from './subscriber.js';

/** Of which writer the events are that a subscriber sees, and when they say that they were due. */
const subscribeToStamps = (port: number) =>
  subscribe(port, 'cim.>', ({ data }) => {
    const stamp = emptyStamp();
    if (!readStamp(data, 0, data.length, stamp)) throw new Error('a foreign message');
    return stamp;
  });

const countIn = (phases: readonly PhaseReport[], phase: PhaseName, counter: LoadCounter): number =>
  phases.filter((one) => one.phase === phase).reduce((sum, one) => sum + (one.counters[counter] ?? 0), 0);

describe('a load that arrives at random', () => {
  it('sends its operations when the seed says, each worker its own share', async () => {
    await using server = await startTestServer();
    await using subscriber = await subscribeToStamps(server.port);
    const schedule: LoadSchedule = {
      mode: 'open',
      arrival: { kind: 'poisson' },
      unit: 'operations',
      stages: [{ fromPerSec: 1000, toPerSec: 1000, durationNs: NS.s / 2 }],
    };
    const loads = [0, 1].map(
      (worker) =>
        new LoadUnderTest({
          access: server.access,
          kind: 'publish',
          schedule,
          worker,
          workers: 2,
          writer: worker,
        }),
    );
    for (const load of loads) await load.start();
    await Promise.all(loads.map((load) => load.finished()));
    await waitFor(() => subscriber.seen.length >= 500, { timeoutMs: 30_000 });
    expect(subscriber.seen).toHaveLength(500);
    const whole = createPacer(schedule, 0, 1, { seed: 5, name: 'orders' });
    for (const [worker, { startNs }] of loads.entries()) {
      const own = subscriber.seen.filter(({ writer }) => writer === worker);
      for (const [i, { dueNs }] of own.entries()) {
        // A stamp has whole microseconds.
        expect(dueNs).toBe(Math.floor((startNs + whole.dueNs(worker + 2 * i)) / 1000) * 1000);
      }
    }
  });
});

describe('a load with a count', () => {
  it('is over with the last of them, and the server has them all', async () => {
    await using server = await startTestServer();
    const loads = [0, 1, 2].map(
      (worker) =>
        new LoadUnderTest({
          access: server.access,
          kind: 'publish',
          schedule: { mode: 'max', durationNs: 600 * NS.s, count: 10_001 },
          worker,
          workers: 3,
        }),
    );
    await Promise.all(loads.map((load) => load.start()));
    await Promise.all(loads.map((load) => load.finished()));
    expect(loads.map((load) => load.count('ok'))).toEqual([3334, 3334, 3333]);
    await expect.poll(() => messagesInto(server)).toBe(10_001);
  });
});

describe('a closed loop', () => {
  it('has as many operations in flight as it was told, and begins one when one is answered', async () => {
    await using system = await startWithStream();
    const load = new LoadUnderTest({
      access: system.server.access,
      kind: 'js-publish',
      params: { 'ack-timeout': 60 * NS.s },
      schedule: { mode: 'closed', concurrency: 5, durationNs: 600 * NS.s, count: 400 },
      workers: 2,
      worker: 1,
    });
    await load.run();
    expect(load.count('ok')).toBe(200);
    expect(load.count('due')).toBe(200);
    // Nothing is due at a time, so nothing can be late or blocked.
    expect(load.histogram('schedule_delay').total).toBe(0);
    expect(load.count('blocked') + load.count('dropped') + load.count('unsent')).toBe(0);
    // Of five, shared by two, two: while two were waited for, no third was sent.
    expect(load.histogram('service_time').total).toBe(200);
    expect(load.reports.every(({ pending }) => pending <= 2)).toBe(true);
    expect(await system.stored()).toBe(200);
  });
});

describe('a rate in bytes', () => {
  const schedule = (bytesPerSec: number): LoadSchedule => ({
    mode: 'open',
    arrival: { kind: 'constant' },
    unit: 'bytes',
    stages: [{ fromPerSec: bytesPerSec, toPerSec: bytesPerSec, durationNs: NS.s / 2 }],
  });

  it('is kept, whatever the sizes of the mix', async () => {
    await using server = await startTestServer();
    const load = new LoadUnderTest({ access: server.access, kind: 'publish', schedule: schedule(1_000_000) });
    await load.run();
    expect(load.count('dropped')).toBe(0);
    expect(Math.abs(load.count('bytes') - 500_000)).toBeLessThan(5000);
  });

  it('that no operation fits into is refused before the load starts', async () => {
    await using server = await startTestServer();
    const large = { ...ORDERS[0]!, size: { minBytes: 100_000, maxBytes: 100_000 } };
    const load = new LoadUnderTest({
      access: server.access,
      kind: 'publish',
      schedule: schedule(100_000),
      events: [large],
    });
    await expect(load.ready()).rejects.toThrow(
      /preflight: load orders: a rate in bytes that does not reach the 100000 B of one operation/,
    );
    await load.finished().catch(() => {});
  });
});

describe('a load that begins later, and with a warm-up', () => {
  it('is measured apart until it is warm, by its workers and by the monitor alike', async () => {
    await using server = await startTestServer();
    await using subscriber = await subscribeToStamps(server.port);
    const load = new LoadUnderTest({
      access: server.access,
      kind: 'publish',
      schedule: steadyRate(2000, 0.5),
      atNs: 0.3 * NS.s,
      warmUpNs: 0.2 * NS.s,
      writer: 9,
    });
    await load.ready();
    // The monitor is told what the load is like before anybody knows when it starts.
    const monitor = new EventCounter({
      plan: { port: 0, subject: 'cim.>', domainToken: 2, typeToken: 3 },
      writers: [{ writer: 9, load: 'orders', warmUpEndNs: 0.5 * NS.s }],
      phaseClock: load.phaseClock.buffer,
    });
    await load.start();
    load.phaseClock.begin('steady', load.startNs);
    await load.finished();
    await waitFor(() => subscriber.seen.length >= 1000, { timeoutMs: 30_000 });

    const phases = load.reports.flatMap((report) => report.phases);
    expect(load.reports[0]?.startNs).toBe(load.startNs + 0.3 * NS.s);
    const dueNs = subscriber.seen.map((stamp) => stamp.dueNs);
    expect(Math.min(...dueNs)).toBeGreaterThanOrEqual(load.startNs + 0.3 * NS.s - 1000);
    for (const counter of ['due', 'sent', 'ok'] as const) {
      expect([countIn(phases, 'warm-up', counter), countIn(phases, 'steady', counter)]).toEqual([400, 600]);
    }
    const delays = (phase: PhaseName) =>
      phases
        .filter((one) => one.phase === phase)
        .reduce((sum, { histograms }) => sum + (histograms.schedule_delay?.total ?? 0), 0);
    expect([delays('warm-up'), delays('steady')]).toEqual([400, 600]);

    for (const stamp of subscriber.seen) monitor.loads.count(stamp);
    const [report] = monitor.loads.takeReports(load.startNs + NS.s);
    expect(report?.phases.map(({ phase, counters }) => [phase, counters.received])).toEqual([
      ['steady', 600],
      ['warm-up', 400],
    ]);
  });
});
