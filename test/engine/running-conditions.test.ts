import { expect, it } from 'vitest';
import { NS, nowNs } from '../../src/base/clock.js';
import type { IntervalReport, LoadCounter } from '../../src/contracts/load.js';
import type { ConditionMeasure, ConditionPlan } from '../../src/contracts/plan/condition.js';
import type { LoadPlan } from '../../src/contracts/plan/loads.js';
import { RunningConditions } from '../../src/engine/running-conditions.js';
import { LatencyHistogram } from '../../src/metrics/latency-histogram.js';

const ORDERS = { name: 'orders', kind: 'js-publish' } as LoadPlan;
const of = (measure: string, kind: 'percentile' | 'ratio' | 'count' | 'rate'): ConditionMeasure => ({
  kind: 'load',
  load: 'orders',
  measure,
  statistic: kind === 'percentile' ? { kind, percentile: 99 } : { kind },
});
const above = (measure: ConditionMeasure, bound: number): ConditionPlan => ({
  text: 'it',
  of: measure,
  comparison: '>',
  bound,
});

function report(
  worker: number,
  latencyMs: readonly number[],
  counters: Partial<Record<LoadCounter, number>>,
  endNs = nowNs(),
  phase: 'steady' | 'warm-up' = 'steady',
): IntervalReport {
  const histogram = new LatencyHistogram();
  for (const ms of latencyMs) histogram.record(ms * NS.ms);
  const histograms = { ack_latency: histogram.snapshot() };
  return {
    ...{ load: 'orders', worker, startNs: endNs - NS.s, endNs, troubles: [], pending: 0 },
    phases: [{ phase, counters, histograms }],
  };
}

function conditions(reports: readonly IntervalReport[], backlog: () => Promise<number> = async () => 0) {
  const streamBounds = async () => ({ firstSequence: 1, lastSequence: 900, messages: 700 });
  const watch = new RunningConditions({
    control: { backlog, streamBounds },
    loads: [ORDERS],
    acknowledged: () => true,
  });
  for (const each of reports) watch.addReport(each);
  const signal = new AbortController().signal;
  return async (condition: ConditionPlan) => (await watch.waitFor(condition, 0, signal))?.saw;
}

it('measures a load by the last report of each of its workers, and by nothing older', async () => {
  // However long the test stands still, these are not older than a report may be.
  const now = nowNs() + 60 * NS.s;
  const holds = conditions([
    report(0, [900], { due: 1, failed: 1 }, now - NS.s),
    report(0, [100, 100], { due: 100, ok: 98, failed: 2 }, now),
    report(1, [300], { due: 100, ok: 99, unknown: 1 }, now),
    report(2, [5000], { due: 900, failed: 900 }, nowNs() - 10 * NS.s),
    report(3, [5000], { due: 900, failed: 900 }, now, 'warm-up'),
  ]);
  expect(await holds(above(of('ack_latency', 'percentile'), 200 * NS.ms))).toMatch(
    /^orders\.ack_latency p99 = 300/,
  );
  expect(await holds(above(of('ack_latency', 'percentile'), 301 * NS.ms))).toBeUndefined();
  expect(await holds(above(of('errors', 'count'), 2))).toBe('orders.errors 3 (3 of 200)');
  expect(await holds(above(of('errors', 'ratio'), 0.0149))).toContain('(3 of 200)');
  expect(await holds(above(of('errors', 'ratio'), 0.015))).toBeUndefined();
  expect(await holds(above(of('throughput', 'rate'), 196))).toContain('197');
});

it('holds nothing against a load that nobody reports of, nor against servers that do not answer', async () => {
  const holds = conditions([], () => Promise.reject(new Error('no leader')));
  expect(await holds(above(of('ack_latency', 'percentile'), 0))).toBeUndefined();
  expect(await holds(above(of('throughput', 'rate'), -1))).toBeUndefined();
  expect(await holds(above({ kind: 'backlog' }, -1))).toBeUndefined();
});

it('counts what a stream holds and what is before consumers', async () => {
  const holds = conditions([], async () => 12_000);
  expect(await holds(above({ kind: 'backlog' }, 10_000))).toBe('backlog = 12,000');
  expect(await holds(above({ kind: 'messages', stream: 'ORDERS' }, 699))).toBe('messages of ORDERS = 700');
  expect(await holds(above({ kind: 'messages', stream: 'ORDERS' }, 700))).toBeUndefined();
});

it('waits until it holds, and ends with the run', async () => {
  let backlog = 0;
  const watch = new RunningConditions({
    control: { backlog: async () => backlog++, streamBounds: async () => undefined },
    loads: [],
    acknowledged: () => true,
  });
  const end = new AbortController();
  expect(await watch.waitFor(above({ kind: 'backlog' }, 0), 60 * NS.s, end.signal)).toEqual({
    saw: 'backlog = 1',
  });
  const waiting = watch.waitFor(above({ kind: 'backlog' }, 1e9), 60 * NS.s, end.signal);
  end.abort(new Error('the end'));
  await expect(waiting).rejects.toThrow('the end');
});
