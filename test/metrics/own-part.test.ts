import { describe, expect, it } from 'vitest';
import { NS } from '../../src/base/clock.js';
import { LOAD_COUNTERS, type LoadCounter, type LoadMeasure } from '../../src/contracts/load.js';
import type { LoadPhaseResult, LoadResult } from '../../src/contracts/run-result.js';
import { LatencyHistogram } from '../../src/metrics/latency-histogram.js';
import type { OwnDoing } from '../../src/metrics/own-part.js';
import { evaluateThreshold, parseThreshold } from '../../src/metrics/thresholds.js';

const histogramOf = (values: readonly number[]) => {
  const histogram = new LatencyHistogram();
  for (const ns of values) histogram.record(ns);
  return histogram.snapshot();
};

/** 10,000 operations, each as late as told. */
function loadOf(measures: Partial<Record<LoadMeasure, (i: number) => number | undefined>>): LoadResult {
  const operations = Array.from({ length: 10_000 }, (_, i) => i);
  const counters = Object.fromEntries(LOAD_COUNTERS.map((name) => [name, 0])) as Record<LoadCounter, number>;
  const total: LoadPhaseResult = {
    phase: 'total',
    durationNs: 10 * NS.s,
    counters: { ...counters, due: 10_000, sent: 10_000, ok: 10_000, received: 10_000 },
    histograms: Object.fromEntries(
      Object.entries(measures).map(([measure, of]) => [
        measure,
        histogramOf(operations.flatMap((i) => of(i) ?? [])),
      ]),
    ),
  };
  return { name: 'orders', kind: 'js-publish', durationNs: 10 * NS.s, phases: [], total };
}

function verdictOf(
  expectation: string,
  load: LoadResult,
  own: Partial<OwnDoing> = {},
  others: readonly LoadResult[] = [],
) {
  const [measure = '', ...rest] = expectation.split(' ');
  return evaluateThreshold(
    { text: expectation, ...parseThreshold(`orders.${measure}`, rest.join(' ')) },
    {
      loads: [load, ...others],
      faults: [],
      monitorWasCutOff: false,
      acknowledged: () => true,
      ownDoing: () => ({
        saturatedShare: 0,
        receiver: 'monitor',
        answeredShare: 0,
        isGeneratorBound: false,
        ...own,
      }),
    },
  );
}

const ms = (value: number) => () => value * NS.ms;

describe('a threshold and what stormglass itself added', () => {
  it('is not missed by a delay that was the generator’s own: that leaves it open', () => {
    const load = loadOf({ ack_latency: ms(21), schedule_delay: ms(3) });
    expect(verdictOf('ack_latency p99 < 20ms', load)).toMatchObject({
      verdict: 'no-data',
      measured: expect.stringMatching(
        /^p99 = 21 ms, of which the generator's own delay may be 3 ms: that leaves it open$/,
      ),
    });
    // With all of its own delay it still holds: then it holds without.
    expect(verdictOf('ack_latency p99 < 25ms', load).verdict).toBe('pass');
    // Without any delay of its own it is missed still.
    expect(verdictOf('ack_latency p99 < 10ms', load).verdict).toBe('fail');
  });

  it('is missed where the system held operations up: they have no delay of the generator’s own', () => {
    const load = loadOf({
      ack_latency: (i) => (i < 9000 ? 900 : 5) * NS.ms,
      schedule_delay: (i) => (i < 9000 ? undefined : 400 * NS.ms),
    });
    expect(verdictOf('ack_latency p50 < 600ms', load).verdict).toBe('fail');
  });

  it('is left open on lag where the monitor was saturated for as many events as decide it', () => {
    const load = loadOf({ lag: ms(50) });
    expect(verdictOf('lag p99 < 20ms', load, { saturatedShare: 0.05 })).toMatchObject({
      verdict: 'no-data',
      measured: expect.stringContaining(
        "the monitor's thread was saturated while it received 5 % of the events",
      ),
    });
    expect(verdictOf('lag p99 < 20ms', load, { saturatedShare: 0.05, receiver: 'load' }).measured).toContain(
      "the load's own thread was saturated while it received 5 % of the events",
    );
    expect(verdictOf('lag p50 < 20ms', load, { saturatedShare: 0.05 }).verdict).toBe('fail');
    expect(verdictOf('lag p99 < 60ms', load, { saturatedShare: 0.05 }).verdict).toBe('pass');
    expect(verdictOf('lag p99 > 20ms', load, { saturatedShare: 0.05 }).verdict).toBe('no-data');
  });

  it('is left open on latency where the load had no time for as many answers as decide it', () => {
    const load = loadOf({ ack_latency: ms(50), service_time: ms(50) });
    for (const measure of ['ack_latency', 'service_time']) {
      expect(verdictOf(`${measure} p99 < 20ms`, load, { answeredShare: 0.05 })).toMatchObject({
        verdict: 'no-data',
        measured: expect.stringContaining(
          "the load's own thread was saturated while 5 % of the answers came",
        ),
      });
      expect(verdictOf(`${measure} p90 < 20ms`, load, { answeredShare: 0.05 }).verdict).toBe('fail');
      expect(verdictOf(`${measure} p99 < 60ms`, load, { answeredShare: 0.05 }).verdict).toBe('pass');
    }
  });

  it('is left open on the lag of a load that receives by itself where those that sent were late', () => {
    const heard = loadOf({ lag: ms(21) });
    const sender = { ...loadOf({ schedule_delay: ms(3) }), name: 'sender' };
    const own = { receiver: 'load' } as const;
    expect(verdictOf('lag p99 < 20ms', heard, own, [sender]).verdict).toBe('no-data');
    expect(verdictOf('lag p99 < 10ms', heard, own, [sender]).verdict).toBe('fail');
    expect(verdictOf('lag p99 < 20ms', heard, own).verdict).toBe('fail');
    // What the monitor receives of a load, that load sent.
    expect(verdictOf('lag p99 < 20ms', heard, {}, [sender]).verdict).toBe('fail');
  });

  it('is left open on a throughput that was the generator’s limit', () => {
    const load = loadOf({});
    expect(verdictOf('throughput rate > 5k/s', load).verdict).toBe('fail');
    expect(verdictOf('throughput rate > 5k/s', load, { isGeneratorBound: true })).toMatchObject({
      verdict: 'no-data',
      measured: "1k/s acknowledged, which is the generator's limit, not the system's: that leaves it open",
    });
    expect(verdictOf('throughput rate > 500/s', load, { isGeneratorBound: true }).verdict).toBe('pass');
  });

  it('stands as it is on what stormglass has no part in', () => {
    const load = loadOf({ service_time: ms(21), schedule_delay: ms(3) });
    expect(verdictOf('service_time p99 < 20ms', load).verdict).toBe('fail');
    expect(verdictOf('schedule_delay p99 < 1ms', load).verdict).toBe('fail');
  });
});
