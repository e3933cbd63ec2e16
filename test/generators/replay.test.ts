import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { NS } from '../../src/base/clock.js';
import { waitFor } from '../../src/base/wait.js';
import type { EventKind } from '../../src/contracts/plan/events.js';
import type { RecordFilePlan } from '../../src/contracts/plan/record-file.js';
import type { LoadSchedule } from '../../src/contracts/plan/schedule.js';
import { scanRecords } from '../../src/generators/records/scan-records.js';
import { ReplayPacer } from '../../src/generators/replay-pacer.js';
import { emptyStamp, readStamp, STAMP_BYTES } from '../../src/wire/stamp.js';
import { startTestServer } from '../support/nats-server.js';
import { LoadUnderTest, steadyRate } from './load-under-test.js';
import { subscribe } from './subscriber.js';

const dir = mkdtempSync(join(tmpdir(), 'stormglass-replay-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

let files = 0;
/** A CSV file whose records happened so many milliseconds after the first of May, as a scenario plans it. */
function planFile(atMs: readonly number[], options: Partial<RecordFilePlan> = {}): RecordFilePlan {
  const path = join(dir, `${files++}.csv`);
  const begins = Date.UTC(2026, 4, 1);
  const rows = atMs.map(
    (ms, i) => `${i},${new Date(begins + ms).toISOString()},${i % 3 === 0 ? 'Paid' : 'Placed'}`,
  );
  writeFileSync(path, `n,at,kind\n${rows.join('\n')}\n`);
  const source = { path, format: 'csv' } as const;
  const fields = { time: 'at', type: 'kind' };
  const { records, meanBytes, spanNs } = scanRecords(source, { ...fields, types: ['Placed', 'Paid'] });
  return { ...source, ...fields, repeat: false, records, meanBytes, spanNs, ...options };
}

const pacerOf = (file: RecordFilePlan, speed: number, worker = 0, workers = 1) =>
  new ReplayPacer({ kind: 'replay', file, speed }, worker, workers);

const eventsOf = (file: RecordFilePlan): EventKind[] =>
  ['Placed', 'Paid'].map((type) => ({
    domain: 'orders',
    type,
    subject: `cim.events.orders.${type}`,
    weight: 1,
    size: { minBytes: 1, maxBytes: 100 },
    payload: { kind: 'file', file },
  }));

const replaying = (file: RecordFilePlan, speed: number): LoadSchedule => ({
  mode: 'open',
  unit: 'operations',
  stages: [{ fromPerSec: 1, toPerSec: 1, durationNs: file.spanNs / speed }],
  arrival: { kind: 'replay', file, speed },
});

const subscribeToRecords = (port: number) =>
  subscribe(port, 'cim.>', ({ subject, data, headers }) => {
    const event: { n: number; at: string; kind: string } = JSON.parse(Buffer.from(data).toString());
    const stamp = emptyStamp();
    readStamp(Buffer.from(headers?.get('Stormglass-Stamp') ?? '', 'hex'), 0, STAMP_BYTES, stamp);
    return { subject, event, dueNs: stamp.dueNs };
  });

describe('the pace of a replay', () => {
  it('is that of the records, as many times as fast, shared among workers', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(
        gaps,
        fc.constantFrom(0.5, 1, 10),
        fc.integer({ min: 1, max: 4 }),
        (spans, speed, workers) => {
          let at = 0;
          const atMs = spans.map((gap) => (at += gap));
          const file = planFile(atMs);
          for (let worker = 0; worker < workers; worker++) {
            const pacer = pacerOf(file, speed, worker, workers);
            const own = atMs
              .filter((_, i) => i % workers === worker)
              .map((ms) => ((ms - atMs[0]!) * NS.ms) / speed);
            expect(pacer.total).toBe(own.length);
            for (const [i, dueNs] of own.entries())
              expect(Math.abs(pacer.dueNs(i) - dueNs)).toBeLessThan(1000);
            for (const share of [0, 0.3, 0.7, 0.999]) {
              const elapsedNs = pacer.endNs * share;
              const count = pacer.countDue(elapsedNs);
              if (count > 0) expect(pacer.dueNs(count - 1)).toBeLessThanOrEqual(elapsedNs);
              if (count < pacer.total) expect(pacer.dueNs(count)).toBeGreaterThan(elapsedNs);
            }
            expect(pacer.countDue(pacer.endNs)).toBe(pacer.total);
          }
        },
      ),
      { seed: 91, numRuns: 40 },
    );
  });

  it('remembers where it was, in a file that is longer than what it keeps', () => {
    const file = planFile(Array.from({ length: 300_000 }, (_, i) => i));
    const pacer = pacerOf(file, 1, 1, 3);
    expect(pacer.countDue(299_000 * NS.ms)).toBe(99_667);
    for (const operation of [99_000, 5, 50_000, 6, 99_999]) {
      expect(Math.abs(pacer.dueNs(operation) - (1 + 3 * operation) * NS.ms)).toBeLessThan(1000);
    }
    expect(pacer.countDue(0.5 * NS.ms)).toBe(0);
    expect(pacer.countDue(-1)).toBe(0);
  });

  it('fails where the file is not what it was', () => {
    const file = planFile([0, 10, 20]);
    writeFileSync(file.path, 'n,at,kind\n0,never,Paid\n');
    expect(() => pacerOf(file, 1)).toThrow(
      /has changed since the scenario was read: line 2: `at` is no time/,
    );
  });
});

describe('a file as a load', () => {
  it('is sent at its own times, each record to the subject of its type', async () => {
    await using server = await startTestServer();
    await using subscriber = await subscribeToRecords(server.port);
    const file = planFile(Array.from({ length: 200 }, (_, i) => i * i));
    const load = new LoadUnderTest({
      access: server.access,
      kind: 'publish',
      schedule: replaying(file, 80),
      events: eventsOf(file),
    });
    await load.run();
    await waitFor(() => subscriber.seen.length >= 200, { timeoutMs: 30_000 });
    subscriber.seen.forEach(({ subject, event }, i) => {
      expect(event.n).toBe(i);
      expect(subject).toBe(`cim.events.orders.${event.kind}`);
    });
    expect(load.count('sent')).toBe(200);
    expect(load.histogram('schedule_delay').total).toBe(200);
  });

  it('is shared by workers, and begins anew when it is to', async () => {
    await using server = await startTestServer();
    await using subscriber = await subscribeToRecords(server.port);
    const file = planFile([0, 1, 2, 3, 4], { repeat: true });
    const loads = [0, 1].map(
      (worker) =>
        new LoadUnderTest({
          access: server.access,
          kind: 'publish',
          schedule: steadyRate(100, 0.2),
          events: eventsOf(file),
          worker,
          workers: 2,
          writer: worker,
        }),
    );
    await Promise.all(loads.map((load) => load.start()));
    await Promise.all(loads.map((load) => load.finished()));
    await waitFor(() => subscriber.seen.length >= 20, { timeoutMs: 30_000 });
    const times = [0, 1, 2, 3, 4].map((n) => subscriber.seen.filter(({ event }) => event.n === n).length);
    expect(times).toEqual([4, 4, 4, 4, 4]);
  });

  it('goes on with the record that is due when the generator itself was late', async () => {
    await using server = await startTestServer();
    await using subscriber = await subscribeToRecords(server.port);
    const file = planFile(Array.from({ length: 60_000 }, (_, i) => i * 5));
    const load = new LoadUnderTest({
      access: server.access,
      kind: 'publish',
      schedule: replaying(file, 2),
      events: eventsOf(file),
      params: { 'max-lateness': 50 * NS.ms },
    });
    await load.start();
    // The generator runs on this thread: it stands still as long as this does.
    await waitFor(() => subscriber.seen.length > 10, { timeoutMs: 30_000 });
    const until = process.hrtime.bigint() + 300_000_000n;
    while (process.hrtime.bigint() < until);
    await waitFor(() => load.count('dropped') > 0, { timeoutMs: 30_000 });
    const seenBefore = subscriber.seen.length;
    await waitFor(() => subscriber.seen.length > seenBefore + 10, { timeoutMs: 30_000 });
    load.stop();
    await load.finished();
    expect(load.count('dropped')).toBeGreaterThan(0);
    await waitFor(() => subscriber.seen.length >= load.count('sent'), { timeoutMs: 30_000 });
    expect(subscriber.seen).toHaveLength(load.count('sent'));
    expect(load.count('sent')).toBe(load.count('due') - load.count('dropped'));
    const numbers = subscriber.seen.map(({ event }) => event.n);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    expect(numbers.at(-1)).toBeGreaterThanOrEqual(numbers.length);
    // Each record is sent for its own time, before the gap and after it.
    for (const { event, dueNs } of subscriber.seen) {
      expect(Math.abs(dueNs - (load.startNs + event.n * 2.5 * NS.ms))).toBeLessThanOrEqual(2000);
    }
  });
});
