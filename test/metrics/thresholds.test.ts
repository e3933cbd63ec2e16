import { describe, expect, it } from 'vitest';
import { NS } from '../../src/base/clock.js';
import { LOAD_COUNTERS, type LoadCounter, type LoadMeasure } from '../../src/contracts/load.js';
import type { PhaseName } from '../../src/contracts/plan/phase.js';
import type { FaultResult, LoadPhaseResult, LoadResult, Recovery } from '../../src/contracts/run-result.js';
import { LatencyHistogram } from '../../src/metrics/latency-histogram.js';
import { evaluateThreshold, type Measured, parseThreshold } from '../../src/metrics/thresholds.js';

interface Told {
  readonly durationNs?: number;
  readonly counters?: Partial<Record<LoadCounter, number>>;
  readonly measure?: LoadMeasure;
  readonly answered?: readonly number[];
  readonly unanswered?: readonly number[];
}

function phase(name: PhaseName | 'total', told: Told): LoadPhaseResult {
  const histogram = new LatencyHistogram();
  for (const ns of told.answered ?? []) histogram.record(ns);
  for (const ns of told.unanswered ?? []) histogram.recordCensored(ns);
  return {
    phase: name,
    durationNs: told.durationNs ?? 10 * NS.s,
    counters: {
      ...(Object.fromEntries(LOAD_COUNTERS.map((counter) => [counter, 0])) as Record<LoadCounter, number>),
      due: histogram.total,
      ...told.counters,
    },
    histograms: histogram.total > 0 ? { [told.measure ?? 'ack_latency']: histogram.snapshot() } : {},
  };
}

const load = (
  total: Told,
  phases: Partial<Record<PhaseName, Told>> = {},
  kind = 'js-publish',
): LoadResult => ({
  name: 'orders',
  kind,
  durationNs: 10 * NS.s,
  phases: (['steady', 'faults'] as const).map((name) => phase(name, phases[name] ?? { durationNs: 0 })),
  total: phase('total', total),
});

const fault = (id: string, recovery: Recovery, injectedNs = 20 * NS.s): FaultResult => ({
  id,
  kind: 'node-kill',
  targets: ['n1'],
  target: 'one',
  status: 'reverted',
  injectedNs,
  revertedNs: 30 * NS.s,
  recovery,
});

const measured = (loads: readonly LoadResult[], faults: readonly FaultResult[] = []): Measured => ({
  loads,
  faults,
  monitorWasCutOff: false,
  acknowledged: (kind) => kind === 'js-publish',
});

function verdict(subject: string, expectation: string, what: Measured, during?: PhaseName) {
  const parsed = parseThreshold(subject, expectation);
  const text = `${subject} ${expectation}`;
  const result = evaluateThreshold({ text, ...parsed, ...(during && { during }) }, what);
  expect(result.text).toBe(text);
  return result;
}

const times = (count: number, ns: number) => Array.from({ length: count }, () => ns);

describe('reading a threshold', () => {
  it.each([
    [
      'orders.ack_latency',
      'p99 < 250ms',
      { statistic: { kind: 'percentile', percentile: 99 }, comparison: '<', bound: 250 * NS.ms },
    ],
    [
      'orders.ack_latency',
      'p99.999<=1m30s',
      { statistic: { kind: 'percentile', percentile: 99.999 }, comparison: '<=', bound: 90 * NS.s },
    ],
    ['orders.lag', '  max  <  2s  ', { statistic: { kind: 'max' }, comparison: '<', bound: 2 * NS.s }],
    ['orders.schedule_delay', 'mean < 1ms', { statistic: { kind: 'mean' }, comparison: '<', bound: NS.ms }],
    ['orders.dropped', 'ratio == 0', { statistic: { kind: 'ratio' }, comparison: '==', bound: 0 }],
    ['orders.errors', 'ratio < 0.1%', { statistic: { kind: 'ratio' }, comparison: '<', bound: 0.001 }],
    ['orders.failed', 'count < 10k', { statistic: { kind: 'count' }, comparison: '<', bound: 10_000 }],
    ['orders.throughput', 'rate >= 4.9k/s', { statistic: { kind: 'rate' }, comparison: '>=', bound: 4900 }],
    ['orders.unknown', 'count != 3', { statistic: { kind: 'count' }, comparison: '!=', bound: 3 }],
    ['recovery_time', 'max < 20s', { statistic: { kind: 'max' }, comparison: '<', bound: 20 * NS.s }],
  ])('understands %s: %s', (subject, text, expected) => {
    const [load, measure] = subject.includes('.') ? subject.split('.') : [undefined, subject];
    expect(parseThreshold(subject, text)).toEqual({ ...expected, measure, ...(load && { load }) });
  });

  it.each([
    ['orders.ack_latncy', 'p99 < 1s', 'unknown measure `ack_latncy`', /Did you mean `orders\.ack_latency`/],
    ['orders.speed', 'p99 < 1s', 'unknown measure `speed`', /ack_latency.* errors.* recovery_time/],
    ['recovery-time', 'max < 1s', 'expected `<load>.<measure>`', /Did you mean `recovery_time`/],
    ['orders.ack_latency', 'maxx < 1s', 'unknown statistic `maxx`', /Did you mean `max`/],
    ['orders.ack_latency', 'percentile < 1s', 'unknown statistic `percentile`', /p50 to p99\.999/],
    ['ack_latency', 'p99 < 1s', 'expected `<load>.<measure>`', /<load>\.ack_latency/],
    ['orders.recovery_time', 'max < 1s', 'belongs to the whole run', /recovery_time/],
    ['orders.ack_latency', 'p(99) < 1s', 'unknown statistic `p(99)`', /p50 to p99\.999, min, max or mean/],
    ['orders.ack_latency', 'ratio < 1%', 'ack_latency has no ratio', /mean/],
    ['orders.dropped', 'p99 < 1s', 'dropped has no percentiles', /ratio or count/],
    ['orders.ack_latency', 'p100 < 1s', 'between 0 and 100', /max/],
    ['orders.ack_latency', 'p99 = 1s', 'unknown comparison `=`', /==/],
    ['orders.ack_latency', 'p99 < 250', 'expected a duration with its unit', undefined],
    ['orders.ack_latency', 'p99 < ', 'expected a duration with its unit', undefined],
    ['orders.dropped', 'ratio < 5/s', 'expected a percentage', undefined],
    ['orders.throughput', 'rate > 5k', 'expected a rate with its unit', undefined],
    ['orders.ack_latency', 'fast', 'expected a statistic, a comparison and a value', undefined],
    ['orders.ack_latency', '', 'expected a statistic, a comparison and a value', undefined],
  ])('says what is wrong with %s: %s', (subject, text, message, hint) => {
    const caught = (() => {
      try {
        return parseThreshold(subject, text);
      } catch (error) {
        return error;
      }
    })();
    expect(caught).toMatchObject({ exit: 'usage', message: expect.stringContaining(message) });
    if (hint) expect((caught as { hint: string }).hint).toMatch(hint);
  });
});

describe('a threshold on a time', () => {
  const calm = measured([load({ answered: [...times(980, 10 * NS.ms), ...times(20, 300 * NS.ms)] })]);

  it('holds or is missed by the percentile', () => {
    expect(verdict('orders.ack_latency', 'p98 < 250ms', calm)).toMatchObject({
      verdict: 'pass',
      measured: 'p98 = 10 ms',
    });
    expect(verdict('orders.ack_latency', 'p99 < 250ms', calm)).toMatchObject({
      verdict: 'fail',
      measured: 'p99 = 300 ms',
      value: 300 * NS.ms,
    });
    expect(verdict('orders.ack_latency', 'max <= 300ms', calm).verdict).toBe('pass');
    expect(verdict('orders.ack_latency', 'min >= 10ms', calm).verdict).toBe('pass');
    expect(verdict('orders.ack_latency', 'mean < 15ms', calm)).toMatchObject({
      verdict: 'fail',
      measured: 'mean = 15.8 ms',
    });
  });

  it('has no data when fewer than ten operations lie beyond the percentile', () => {
    expect(verdict('orders.ack_latency', 'p99 < 1s', calm).verdict).toBe('pass');
    expect(verdict('orders.ack_latency', 'p99.9 < 1s', calm)).toEqual({
      text: 'orders.ack_latency p99.9 < 1s',
      verdict: 'no-data',
      measured: 'only 1 of 1,000 operations lie beyond p99.9, and 10 are needed',
    });
  });

  it('has no data when nothing was recorded, or due, or no such load ran', () => {
    const idle = measured([load({ counters: { due: 5 } })]);
    expect(verdict('orders.lag', 'p50 < 1s', idle)).toMatchObject({
      verdict: 'no-data',
      measured: 'no lag was recorded',
    });
    expect(verdict('orders.lag', 'p50 < 1s', measured([load({})]))).toMatchObject({
      verdict: 'no-data',
      measured: 'no operation was due',
    });
    expect(verdict('other.lag', 'p50 < 1s', idle)).toMatchObject({
      verdict: 'no-data',
      measured: 'no load other ran',
    });
  });

  it('looks at one phase only when told to, and has no data for a phase that never came', () => {
    const split = measured([
      load(
        { answered: times(100, NS.s) },
        { steady: { answered: times(100, NS.ms) }, faults: { durationNs: 0 } },
      ),
    ]);
    expect(verdict('orders.ack_latency', 'p50 < 5ms', split).verdict).toBe('fail');
    expect(verdict('orders.ack_latency', 'p50 < 5ms', split, 'steady').verdict).toBe('pass');
    expect(verdict('orders.ack_latency', 'p50 < 5ms', split, 'faults')).toMatchObject({
      verdict: 'no-data',
      measured: 'no operation was due during faults',
    });
  });

  it('leaves open what operations without an answer could decide either way', () => {
    const storm = measured([load({ answered: times(950, 10 * NS.ms), unanswered: times(50, 5 * NS.s) })]);
    expect(verdict('orders.ack_latency', 'p95 < 15s', storm).verdict).toBe('pass');
    expect(verdict('orders.ack_latency', 'p99 < 15s', storm)).toMatchObject({
      verdict: 'no-data',
      measured: 'p99 ≥ 5 s, which leaves it open',
    });
    expect(verdict('orders.ack_latency', 'p99 < 4s', storm)).toMatchObject({
      verdict: 'fail',
      measured: 'p99 ≥ 5 s',
    });
    expect(verdict('orders.ack_latency', 'p99 > 4s', storm).verdict).toBe('pass');
    expect(verdict('orders.ack_latency', 'max < 15s', storm).verdict).toBe('no-data');
    expect(verdict('orders.ack_latency', 'mean < 15s', storm).verdict).toBe('no-data');
    expect(verdict('orders.ack_latency', 'min < 11ms', storm).verdict).toBe('pass');
    expect(verdict('orders.ack_latency', 'max != 1s', storm).verdict).toBe('pass');
    expect(verdict('orders.ack_latency', 'max == 1s', storm).verdict).toBe('fail');
    expect(verdict('orders.ack_latency', 'max == 10s', storm).verdict).toBe('no-data');
  });
});

describe('a threshold on a count', () => {
  const counted = measured([
    load({
      counters: { due: 30_000, sent: 29_000, dropped: 12, failed: 3, unknown: 4, received: 28_000, lost: 29 },
    }),
  ]);

  it('is a share of the operations that were due', () => {
    expect(verdict('orders.dropped', 'ratio < 0.1%', counted)).toMatchObject({
      verdict: 'pass',
      measured: '0.04 % (12 of 30,000 due)',
      value: 0.0004,
    });
    expect(verdict('orders.unsent', 'ratio == 0', counted).verdict).toBe('pass');
    expect(verdict('orders.dropped', 'ratio == 0', counted).verdict).toBe('fail');
  });

  it('counts failed and unknown as errors', () => {
    expect(verdict('orders.errors', 'count < 7', counted)).toMatchObject({
      verdict: 'fail',
      measured: '7 of 30,000 due',
    });
    expect(verdict('orders.errors', 'count <= 7', counted).verdict).toBe('pass');
  });

  it('is a share of what was sent for events that the monitor lost, if it saw any', () => {
    expect(verdict('orders.lost', 'ratio <= 0.1%', counted)).toMatchObject({
      measured: '0.1 % (29 of 29,000 sent)',
    });
    const blind = measured([load({ counters: { due: 10, sent: 10 } })]);
    expect(verdict('orders.lost', 'ratio == 0', blind).verdict).toBe('no-data');
    expect(verdict('orders.lost', 'count == 0', blind).verdict).toBe('no-data');
  });

  it('has no data when nothing was due', () => {
    expect(verdict('orders.dropped', 'count == 0', measured([load({})])).verdict).toBe('no-data');
    expect(verdict('orders.dropped', 'ratio == 0', measured([load({})])).verdict).toBe('no-data');
  });
});

describe('a threshold on a load that only listens', () => {
  const heard = measured([load({ counters: { received: 9_990, lost: 10, duplicates: 5 } }, {}, 'subscribe')]);

  it('is a share of what should have come, or of what did', () => {
    expect(verdict('orders.lost', 'ratio <= 0.1%', heard)).toMatchObject({
      verdict: 'pass',
      measured: '0.1 % (10 of 10,000 that should have come)',
    });
    expect(verdict('orders.duplicates', 'count == 5', heard)).toMatchObject({
      verdict: 'pass',
      measured: '5 of 9,990 received',
    });
    expect(verdict('orders.throughput', 'rate > 900/s', heard).measured).toBe('999/s received');
  });

  it('does not depend on what the monitor saw', () => {
    const cutOff = { ...heard, monitorWasCutOff: true };
    expect(verdict('orders.lost', 'count == 10', cutOff).verdict).toBe('pass');
  });

  it('has no data where it heard nothing', () => {
    const deaf = measured([load({}, {}, 'subscribe')]);
    expect(verdict('orders.lost', 'ratio == 0', deaf).verdict).toBe('no-data');
    expect(verdict('orders.throughput', 'rate > 0/s', deaf).verdict).toBe('no-data');
  });
});

describe('a threshold on throughput', () => {
  const counters = { due: 60_000, sent: 50_000, ok: 48_000, received: 49_000, lost: 10 };

  it('is what was acknowledged, a second of the phase', () => {
    const result = verdict('orders.throughput', 'rate >= 4.9k/s', measured([load({ counters })]));
    expect(result).toMatchObject({ verdict: 'fail', measured: '4.8k/s acknowledged', value: 4800 });
    expect(
      verdict('orders.throughput', 'rate > 4k/s', measured([load({ counters: { due: 5 } })])).verdict,
    ).toBe('fail');
  });

  it('is what the monitor received when nothing is acknowledged, else what was sent', () => {
    const seen = measured([load({ counters }, {}, 'publish')]);
    expect(verdict('orders.throughput', 'rate > 1/s', seen).measured).toBe('4.9k/s received');
    const unseen = measured([load({ counters: { ...counters, received: 0, lost: 0 } }, {}, 'publish')]);
    expect(verdict('orders.throughput', 'rate > 1/s', unseen).measured).toBe('5k/s sent');
  });

  it('lies between what the monitor received and what went out, where that was cut off meanwhile', () => {
    const received = { ...counters, received: 20_000, lost: 28_000 };
    const cutOff = { ...measured([load({ counters: received }, {}, 'publish')]), monitorWasCutOff: true };
    expect(verdict('orders.throughput', 'rate > 4k/s', cutOff)).toMatchObject({
      verdict: 'no-data',
      measured: '2k/s received, while the monitor was cut off, which leaves it open',
    });
    expect(verdict('orders.throughput', 'rate > 1.9k/s', cutOff).verdict).toBe('pass');
    expect(verdict('orders.throughput', 'rate > 4.9k/s', cutOff).verdict).toBe('fail');
  });
});

describe('a threshold on recovery', () => {
  const run = [load({ answered: times(100, NS.ms) })];
  const back = fault('fault-1', { ns: 6 * NS.s, troubledOperations: 10 });
  const unfelt = fault('fault-2', { ns: 0, troubledOperations: 0 });
  const lostSight = fault('fault-3', { troubledOperations: 10 });

  it('is over all faults that were injected', () => {
    const notRun = fault('fault-4', { troubledOperations: 0 }, 0);
    const what = measured(run, [back, unfelt, notRun]);
    expect(verdict('recovery_time', 'max < 20s', what)).toMatchObject({
      verdict: 'pass',
      measured: 'max = 6 s',
    });
    expect(verdict('recovery_time', 'max < 5s', what).verdict).toBe('fail');
    expect(verdict('recovery_time', 'mean <= 3s', what).verdict).toBe('pass');
    expect(verdict('recovery_time', 'min == 0s', what).verdict).toBe('pass');
  });

  it('is open when the load was not seen to be back', () => {
    const what = measured(run, [back, lostSight]);
    expect(verdict('recovery_time', 'max < 20s', what)).toMatchObject({
      verdict: 'no-data',
      measured: 'max ≥ 6 s (not seen to recover: fault-3), which leaves it open',
    });
    expect(verdict('recovery_time', 'max < 5s', what).verdict).toBe('fail');
  });

  it('has no data without a fault, without an acknowledged load, or for a percentile of few faults', () => {
    expect(verdict('recovery_time', 'max < 20s', measured(run)).measured).toBe('no fault was injected');
    const core = measured([load({ counters: { due: 100 } }, {}, 'publish')], [unfelt]);
    expect(verdict('recovery_time', 'max < 20s', core).verdict).toBe('no-data');
    expect(verdict('recovery_time', 'p50 < 20s', measured(run, [back])).verdict).toBe('no-data');
    const many = Array.from({ length: 20 }, (_, i) =>
      fault(`fault-${i}`, { ns: i * NS.s, troubledOperations: 1 }),
    );
    expect(verdict('recovery_time', 'p50 <= 9s', measured(run, many)).verdict).toBe('pass');
    expect(verdict('recovery_time', 'max < 20s', measured(run, [back]), 'steady').verdict).toBe('no-data');
  });
});
