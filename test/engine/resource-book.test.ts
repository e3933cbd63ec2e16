import { describe, expect, it } from 'vitest';
import { NS } from '../../src/base/clock.js';
import type { IntervalReport, LoadCounter } from '../../src/contracts/load.js';
import type { MachineSample, ServerSample, WorkerSample } from '../../src/contracts/resources.js';
import { ResourceBook } from '../../src/engine/resource-book.js';
import { START_NS, second, workerSample } from './made-samples.js';

const LATE_NS = 500 * NS.ms;

const server = (at: number, more: Partial<ServerSample> = {}): ServerSample => ({
  of: 'server',
  node: 'n1',
  source: 'process',
  ...second(at),
  cpuNs: 0.5 * NS.s,
  residentBytes: 100,
  openFiles: null,
  connections: null,
  storeBytes: null,
  freeBytes: null,
  readBytes: null,
  writtenBytes: null,
  ...more,
});

const worker = (at: number, more: Partial<WorkerSample> = {}) => workerSample(at, 0.2, more);

const report = (
  at: number,
  counters: Partial<Record<LoadCounter, number>>,
  more: Partial<IntervalReport> = {},
): IntervalReport => ({
  load: 'orders',
  worker: 0,
  ...second(at),
  phases: [{ phase: 'steady', counters, histograms: {} }],
  troubles: [],
  pending: 0,
  ...more,
});

const BUSY = { cpuNs: 0.95 * NS.s, activeNs: NS.s } as const;

function bookOf(): ResourceBook {
  const book = new ResourceBook(() => LATE_NS);
  book.start(START_NS);
  return book;
}

describe('ResourceBook', () => {
  it('sums up what each user used: means over time, extremes, and what was last', () => {
    const book = bookOf();
    book.add(server(0, { cpuNs: 0.2 * NS.s, residentBytes: 10 }));
    book.add(server(1, { ...second(1, 3), cpuNs: 3 * NS.s, residentBytes: 30 }));
    book.add(server(4, { cpuNs: 0.2 * NS.s, residentBytes: 20 }));
    const [use] = book.uses;
    expect(use).toMatchObject({ kind: 'server', name: 'n1', samples: 3 });
    expect(use?.figures.cpuShare).toEqual({ mean: expect.closeTo(0.68, 9), min: 0.2, max: 1, last: 0.2 });
    expect(use?.figures.residentBytes).toMatchObject({ min: 10, max: 30, last: 20 });
    expect(use?.figures.openFiles).toBeUndefined();
  });

  it('counts nothing from before the load', () => {
    const book = new ResourceBook(() => LATE_NS);
    book.add(server(-2));
    book.start(START_NS);
    book.add(server(-1));
    expect(book.uses).toEqual([]);
  });

  it('holds a run of any length in as many rows: merged, shares are averaged, and of the rest the greatest stays', () => {
    const book = bookOf();
    const seconds = 10_000;
    for (let at = 0; at < seconds; at++) {
      book.add(server(at, { cpuNs: at % 2 === 0 ? 0 : NS.s, residentBytes: at }));
    }
    const { rowNs, timeline } = book.timeline(100);
    const rows = timeline[0]?.rows ?? [];
    expect(rows.length).toBeLessThanOrEqual(100);
    expect(rows.length * (rowNs / NS.s)).toBeGreaterThanOrEqual(seconds);
    expect(rows[3]?.figures.cpuShare).toBeCloseTo(0.5, 9);
    expect(rows[3]?.figures.residentBytes).toBe((4 * rowNs) / NS.s - 1);
    expect(rows[3]?.t).toBe((3 * rowNs) / NS.s);
  });

  it('leaves a gap where a server could not be asked', () => {
    const book = bookOf();
    for (const at of [0, 1, 5]) book.add(server(at));
    expect(book.timeline(100).timeline[0]?.rows.map(({ t }) => t)).toEqual([0, 1, 5]);
  });

  it('holds against a worker what it did not send while it was saturated, and not what it did not send while it rested', () => {
    const book = bookOf();
    book.addReport(report(0, { due: 100, sent: 60, blocked: 60 }));
    book.add(worker(0, BUSY));
    book.addReport(report(1, { due: 100, sent: 30, blocked: 30 }));
    book.add(worker(1));
    // It catches up, and is busy with it.
    book.addReport(report(2, { due: 100, sent: 210, blocked: 210 }));
    book.add(worker(2, BUSY));
    expect(book.fellBehind('orders').total).toEqual({
      due: 300,
      sent: 300,
      dropped: 0,
      late: 0,
      short: 40,
      held: 300,
    });
  });

  it('counts as late what was sent beyond the bound though nothing else held it up', () => {
    const book = bookOf();
    // The bucket of 1 s, and one of a microsecond.
    const counts = Float64Array.from({ length: 1 }, () => 7);
    const histogram = (lowIndex: number, ns: number) => ({
      phases: [
        {
          phase: 'steady' as const,
          counters: { due: 100, sent: 100 },
          histograms: {
            schedule_delay: { lowIndex, counts, total: 7, min: ns, max: ns, sum: 7 * ns },
          },
        },
      ],
    });
    book.addReport(report(0, {}, histogram(20_480 + 885, NS.s)));
    book.add(worker(0));
    book.addReport(report(1, {}, histogram(1000, 1000)));
    book.add(worker(1));
    expect(book.fellBehind('orders').total).toMatchObject({ due: 200, late: 7 });
  });

  it('leaves out what was due while the load warmed up', () => {
    const book = bookOf();
    const phases = [{ phase: 'warm-up' as const, counters: { due: 100, dropped: 100 }, histograms: {} }];
    book.addReport(report(0, {}, { phases }));
    book.add(worker(0, BUSY));
    expect(book.fellBehind('orders').total).toMatchObject({ due: 0, dropped: 0, short: 0 });
  });

  it('names the worker that fell behind furthest, with what everybody used just then, and only then', () => {
    const book = bookOf();
    const machine = (at: number, busyNs: number): MachineSample => ({
      of: 'machine',
      ...second(at),
      cores: 4,
      busyNs,
      stolenNs: 0,
      availableBytes: 1,
    });
    for (const at of [0, 1, 2]) {
      const isBehind = at === 1;
      book.addReport(report(at, { due: 100, sent: 100 }));
      book.add(worker(at));
      book.addReport(
        report(at, { due: 100, sent: isBehind ? 50 : 100, dropped: isBehind ? 50 : 0 }, { worker: 1 }),
      );
      book.add(worker(at, { worker: 1, ...(isBehind && BUSY) }));
      book.add(machine(at, (isBehind ? 4 : 1) * NS.s));
    }
    const { worst, meanwhile, total } = book.fellBehind('orders');
    expect(total).toMatchObject({ due: 600, dropped: 50 });
    expect(worst).toBe(1);
    const figures = (name: string) => meanwhile.find((user) => user.name === name)?.figures;
    expect(figures('orders 1')?.cpuShare).toBe(0.95);
    expect(figures('orders 0')?.cpuShare).toBe(0.2);
    expect(figures('machine')?.machineShare).toBe(1);
    expect(book.cores).toBe(4);
  });

  it('tells what the monitor received while its own thread was saturated', () => {
    const book = bookOf();
    const monitor = { role: 'monitor', load: '', worker: -1 } as const;
    book.addReport(report(0, { received: 300 }, { worker: -1 }));
    book.add(worker(0, monitor));
    book.addReport(report(1, { received: 100 }, { worker: -1 }));
    book.add(worker(1, { ...monitor, ...BUSY }));
    expect(book.receivedWhileSaturated('orders')).toBe(0.25);
    expect(book.receivedWhileSaturated('another')).toBe(0);
  });

  it('tells the same of a load that receives by itself, by the thread that did, and not of its warm-up', () => {
    const book = bookOf();
    const warmUp = { phases: [{ phase: 'warm-up' as const, counters: { received: 900 }, histograms: {} }] };
    book.addReport(report(0, {}, warmUp));
    book.add(worker(0, BUSY));
    book.addReport(report(1, { received: 300 }));
    book.add(worker(1));
    // Ready to run, and without a core: its event loop takes that for rest.
    book.addReport(report(1, { received: 100 }, { worker: 1 }));
    book.add(worker(1, { worker: 1, cpuNs: 0.1 * NS.s, runQueueNs: 0.85 * NS.s, activeNs: 0.15 * NS.s }));
    expect(book.receivedWhileSaturated('orders')).toBe(0.25);
    expect(book.receivesItself('orders')).toBe(true);
    book.addReport(report(1, { received: 300 }, { load: 'seen', worker: -1 }));
    expect(book.receivesItself('seen')).toBe(false);
  });

  it('tells which answers came while the thread that asked was saturated', () => {
    const book = bookOf();
    const answers = (total: number, unanswered: number) => {
      const counts = Float64Array.of(total);
      const censored = { lowIndex: 0, counts: Float64Array.of(unanswered), total: unanswered };
      const ack_latency = { lowIndex: 0, counts, total, min: 0, max: 0, sum: 0, censored };
      return { phases: [{ phase: 'steady' as const, counters: {}, histograms: { ack_latency } }] };
    };
    book.addReport(report(0, {}, answers(60, 30)));
    book.add(worker(0));
    book.addReport(report(1, {}, answers(10, 0)));
    book.add(worker(1, BUSY));
    expect(book.answeredWhileSaturated('orders')).toBe(0.25);
    expect(book.receivedWhileSaturated('orders')).toBe(0);
  });

  it('believes nothing of the moment in which a load ends', () => {
    const book = bookOf();
    book.addReport(report(0, { due: 100, sent: 0 }));
    book.add(worker(0, { ...second(0, 0.01), cpuNs: 0.01 * NS.s, activeNs: 0.01 * NS.s }));
    expect(book.fellBehind('orders').total.short).toBe(0);
  });
});
