import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { IntervalReport } from '../../src/contracts/load.js';
import { type SecondRow, SecondRows } from '../../src/reporters/second-rows.js';

const START = 1_000e9;

function report(second: number, due: number, more: Partial<IntervalReport> = {}): IntervalReport {
  return {
    load: 'orders',
    worker: 0,
    startNs: START + second * 1e9,
    endNs: START + (second + 1) * 1e9,
    phases: [{ phase: 'steady', counters: { due }, histograms: {} }],
    troubles: [],
    pending: 0,
    ...more,
  };
}

function collect(marginSec = 2): { rows: SecondRow[]; seconds: SecondRows } {
  const rows: SecondRow[] = [];
  const seconds = new SecondRows((row) => rows.push(row), marginSec);
  seconds.start(START);
  return { rows, seconds };
}

describe('rows of a second', () => {
  it('puts the workers of a load together, and the pending operations of each', () => {
    const { rows, seconds } = collect();
    seconds.add(report(0, 5, { pending: 2 }));
    seconds.add(report(0, 7, { worker: 1, pending: 3 }));
    seconds.flush();
    expect(rows).toMatchObject([{ second: 0, load: 'orders', counters: { due: 12, failed: 0 }, pending: 5 }]);
  });

  it('files an interval under the second that its middle falls into', () => {
    const { rows, seconds } = collect();
    seconds.add(report(0.4, 1));
    seconds.add(report(1.6, 1));
    seconds.flush();
    expect(rows.map(({ second }) => second)).toEqual([0, 2]);
  });

  it('hands a row on when reports are the margin beyond it, not before', () => {
    const { rows, seconds } = collect(2);
    seconds.add(report(0, 1));
    seconds.add(report(1, 1));
    expect(rows).toEqual([]);
    seconds.add(report(2, 1));
    expect(rows.map(({ second }) => second)).toEqual([0]);
  });

  it('says that a fault held when an operation of the second was due while it did', () => {
    const { rows, seconds } = collect();
    const phases = [
      { phase: 'steady', counters: { due: 9 }, histograms: {} },
      { phase: 'faults', counters: { due: 1 }, histograms: {} },
    ] as const;
    seconds.add(report(0, 0, { phases }));
    seconds.add(report(1, 0, { phases: [phases[0], { ...phases[1], counters: { ok: 1 } }] }));
    seconds.flush();
    expect(rows.map(({ phase }) => phase)).toEqual(['faults', 'steady']);
  });

  it('loses no operation and goes forward in time, however late and disordered the reports are', () => {
    const reports = fc.array(
      fc.record({
        second: fc.integer({ min: -1, max: 40 }),
        due: fc.nat(100),
        worker: fc.integer({ min: -1, max: 2 }),
      }),
    );
    fc.assert(
      fc.property(reports, fc.integer({ min: 0, max: 5 }), (all, margin) => {
        const { rows, seconds } = collect(margin);
        for (const { second, due, worker } of all) seconds.add(report(second, due, { worker }));
        seconds.flush();
        const sum = rows.reduce((total, { counters }) => total + counters.due, 0);
        expect(sum).toBe(all.reduce((total, { due }) => total + due, 0));
        const times = rows.map(({ second }) => second);
        expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
      }),
      { seed: 7 },
    );
  });
});
