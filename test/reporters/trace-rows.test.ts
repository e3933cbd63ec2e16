import { expect, it } from 'vitest';
import type { Summary } from '../../src/contracts/summary.js';
import { traceRows } from '../../src/reporters/trace-rows.js';

const paint = (_: string, text: string): string => text;

it('the terminal names the slowest three traces, with when and during what', () => {
  const slow = (n: number) => ({
    traceId: `${n}`.repeat(32),
    what: 'publish',
    subject: 'cim.events.orders.Placed',
    durationNs: 2.5e9 / n,
    atNs: n * 10e9,
    faults: n === 1 ? ['fault-1', 'fault-2'] : [],
  });
  const traces = {
    runTraceId: 'f'.repeat(32),
    spans: 1234,
    traces: 411,
    sampleEvery: 100,
    heldBack: 0,
    skipped: 0,
    undelivered: 0,
    malformed: 0,
    slowest: [1, 2, 3, 4].map(slow),
  };
  expect(traceRows({ traces } as unknown as Summary, paint)).toEqual([
    ['traces', `1,234 spans of 411 traces (one in 100 events); of the run itself: ${'f'.repeat(32)}`],
    ['', `publish cim.events.orders.Placed took 2.5 s from 0:10, during fault-1, fault-2: ${'1'.repeat(32)}`],
    ['', `publish cim.events.orders.Placed took 1.25 s from 0:20: ${'2'.repeat(32)}`],
    ['', `publish cim.events.orders.Placed took 833 ms from 0:30: ${'3'.repeat(32)}`],
  ]);
  const held = { ...traces, sampleEvery: 1, heldBack: 2500, slowest: [] };
  expect(traceRows({ traces: held } as unknown as Summary, paint)).toEqual([
    [
      'traces',
      `1,234 spans of 411 traces (every event, 2,500 left out by max-spans); of the run itself: ${'f'.repeat(32)}`,
    ],
  ]);
  expect(traceRows({ traces: null } as unknown as Summary, paint)).toEqual([]);
});
