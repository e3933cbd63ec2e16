import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NS } from '../../src/base/clock.js';
import type { IntervalReport, LoadMeasure } from '../../src/contracts/load.js';
import type { LoadPlan } from '../../src/contracts/plan/loads.js';
import type { PhaseName } from '../../src/contracts/plan/phase.js';
import { LatencyHistogram } from '../../src/metrics/latency-histogram.js';
import { COUNTER, LoadRecorder, MEASURE } from '../../src/metrics/load-recorder.js';
import { LoadTotals } from '../../src/metrics/load-totals.js';
import { PHASES, PhaseClock } from '../../src/metrics/phase-clock.js';

const START = 1000 * NS.s;

const plan = (name: string, seconds = 60): LoadPlan => ({
  name,
  kind: 'js-publish',
  domains: ['orders'],
  schedule: {
    mode: 'open',
    arrival: { kind: 'constant' },
    unit: 'operations',
    stages: [{ fromPerSec: 1, toPerSec: 1, durationNs: seconds * NS.s }],
  },
  atNs: 0,
  warmUpNs: 0,
  workers: 2,
  params: {},
});

/** A steady minute with faults from second 20 to second 35. */
function setting(...loads: LoadPlan[]) {
  const phaseClock = PhaseClock.create();
  phaseClock.begin('steady', START);
  phaseClock.begin('faults', START + 20 * NS.s);
  phaseClock.begin('steady', START + 35 * NS.s);
  const totals = new LoadTotals(loads, phaseClock, (kind) => kind === 'js-publish');
  totals.start(START);
  const recorder = (load: string, worker: number, warmUpEndNs?: number) =>
    new LoadRecorder({ load, worker, phaseClock, overdueNs: NS.s, startNs: START, warmUpEndNs });
  return { totals, recorder };
}

const report = (second: number, more: Partial<IntervalReport> = {}): IntervalReport => ({
  load: 'orders',
  worker: 0,
  startNs: START + second * NS.s,
  endNs: START + (second + 1) * NS.s,
  phases: [],
  troubles: [],
  pending: 0,
  ...more,
});

const latencies = (measure: LoadMeasure, ...values: number[]) => {
  const histogram = new LatencyHistogram();
  for (const value of values) histogram.record(value);
  return { [measure]: histogram.snapshot() };
};

const counting = (due: number, phase: PhaseName = 'steady') => [{ phase, counters: { due }, histograms: {} }];

describe('a load recorder', () => {
  it('files every operation under the phase in which it was due, whenever it ended', () => {
    const { recorder } = setting(plan('orders'));
    const worker = recorder('orders', 1);
    const duringFault = START + 34 * NS.s;
    const afterIt = START + 35 * NS.s;
    worker.count(COUNTER.due, worker.phaseAt(duringFault), 3);
    worker.count(COUNTER.due, worker.phaseAt(afterIt), 1);
    worker.latency(MEASURE.ackLatency, duringFault, 5 * NS.ms);
    worker.censored(MEASURE.ackLatency, duringFault, 9 * NS.s);
    worker.latency(MEASURE.lag, afterIt, 7 * NS.ms);
    const taken = worker.take(START + 50 * NS.s, 4);
    expect(taken).toMatchObject({
      load: 'orders',
      worker: 1,
      startNs: START,
      endNs: START + 50 * NS.s,
      pending: 4,
    });
    expect(taken.phases.map(({ phase, counters }) => ({ phase, counters }))).toEqual([
      { phase: 'steady', counters: { due: 1 } },
      { phase: 'faults', counters: { due: 3 } },
    ]);
    expect(taken.phases[1]?.histograms.ack_latency).toMatchObject({
      total: 2,
      max: 9 * NS.s,
      censored: { total: 1 },
    });
    expect(taken.phases[0]?.histograms.lag).toMatchObject({ total: 1, max: 7 * NS.ms });
  });

  it('starts anew after every report, and intervals touch', () => {
    const { recorder } = setting(plan('orders'));
    const worker = recorder('orders', 0);
    worker.count(COUNTER.sent, 0, 2);
    const first = worker.take(START + NS.s, 0);
    const second = worker.take(START + 2 * NS.s, 0);
    expect(second).toEqual({ ...first, startNs: first.endNs, endNs: START + 2 * NS.s, phases: [] });
  });

  it('takes an acknowledgement above the overdue bound for trouble, noticed when it became overdue', () => {
    const { recorder } = setting(plan('orders'));
    const worker = recorder('orders', 0);
    const dueNs = START + 21 * NS.s;
    worker.latency(MEASURE.ackLatency, dueNs, NS.s);
    worker.latency(MEASURE.lag, dueNs, 5 * NS.s);
    expect(worker.take(dueNs, 0).troubles).toEqual([]);
    worker.latency(MEASURE.ackLatency, dueNs, NS.s + 1);
    worker.trouble(dueNs + NS.s, dueNs + 6 * NS.s, 'timeout');
    expect(worker.take(dueNs, 0).troubles).toEqual([
      {
        firstDueNs: dueNs,
        lastDueNs: dueNs + NS.s,
        operations: 2,
        noticedNs: dueNs + NS.s,
        reason: 'overdue',
      },
    ]);
  });

  it('files what is due in the warm-up apart, as soon as it is known when the load starts', () => {
    const phaseClock = PhaseClock.create();
    const options = { load: 'orders', worker: 0, phaseClock, overdueNs: NS.s, startNs: START };
    const worker = new LoadRecorder({ ...options, warmUpEndNs: 10 * NS.s });
    const phase = (dueNs: number) => PHASES[worker.phaseAt(dueNs)];
    expect(phase(START + 3600 * NS.s)).toBe('warm-up');
    phaseClock.begin('steady', START + 0.5);
    phaseClock.begin('faults', START + 5 * NS.s);
    // A stamp has whole microseconds: one more of them, and the event that it stands for is warm as well.
    expect([9 * NS.s, 10 * NS.s, 10 * NS.s + 999, 10 * NS.s + 1000].map((ns) => phase(START + ns))).toEqual([
      'warm-up',
      'warm-up',
      'warm-up',
      'faults',
    ]);
  });

  it('cuts its intervals at whole seconds of the load', () => {
    const { recorder } = setting(plan('orders'));
    const worker = recorder('orders', 0);
    expect(worker.nextReportNs(START)).toBe(START + NS.s);
    expect(worker.nextReportNs(START + 1.2 * NS.s)).toBe(START + 2 * NS.s);
    expect(worker.nextReportNs(START + 2 * NS.s)).toBe(START + 3 * NS.s);
    expect(worker.nextReportNs(START - 0.3 * NS.s)).toBe(START);
  });
});

describe('the totals of a run', () => {
  it('are what all workers and the monitor counted, by load and phase', () => {
    const operation = fc.record({
      load: fc.constantFrom('orders', 'audit'),
      worker: fc.integer({ min: -1, max: 1 }),
      second: fc.nat(59),
      ns: fc.integer({ min: 1, max: 5 * NS.s }),
      answered: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
        const { totals, recorder } = setting(plan('orders'), plan('audit'));
        const recorders = new Map<string, LoadRecorder>();
        const expected = new Map<string, { due: number; answered: number; open: number; sum: number }>();
        for (const { load, worker, second, ns, answered } of operations) {
          const key = `${load}/${worker}`;
          const of = recorders.get(key) ?? recorder(load, worker);
          recorders.set(key, of);
          const dueNs = START + second * NS.s;
          of.count(COUNTER.due, of.phaseAt(dueNs), 1);
          if (answered) of.latency(MEASURE.ackLatency, dueNs, ns);
          else of.censored(MEASURE.ackLatency, dueNs, ns);
          for (const phase of [second >= 20 && second < 35 ? 'faults' : 'steady', 'total']) {
            const sums = expected.get(`${load}/${phase}`) ?? { due: 0, answered: 0, open: 0, sum: 0 };
            expected.set(`${load}/${phase}`, sums);
            sums.due++;
            sums[answered ? 'answered' : 'open']++;
            sums.sum += ns;
          }
        }
        for (const of of recorders.values()) totals.add(structuredClone(of.take(START + 60 * NS.s, 0)));
        for (const load of totals.results()) {
          for (const phase of [...load.phases, load.total]) {
            const sums = expected.get(`${load.name}/${phase.phase}`);
            const histogram = phase.histograms.ack_latency;
            expect(phase.counters.due).toBe(sums?.due ?? 0);
            expect(histogram?.total ?? 0).toBe((sums?.answered ?? 0) + (sums?.open ?? 0));
            expect(histogram?.censored?.total ?? 0).toBe(sums?.open ?? 0);
            expect(histogram?.sum ?? 0).toBe(sums?.sum ?? 0);
          }
        }
      }),
      { seed: 11, numRuns: 60 },
    );
  });

  it('know how long each phase lasted within a load, and within one that was stopped early', () => {
    const { totals } = setting(plan('orders', 60), plan('short', 30));
    const durations = (endNs?: number) =>
      totals
        .results(endNs)
        .map(({ durationNs, phases }) => [durationNs, ...phases.map((phase) => phase.durationNs)]);
    expect(durations()).toEqual([
      [60 * NS.s, 45 * NS.s, 15 * NS.s],
      [30 * NS.s, 20 * NS.s, 10 * NS.s],
    ]);
    expect(durations(START + 22 * NS.s)).toEqual([
      [22 * NS.s, 20 * NS.s, 2 * NS.s],
      [22 * NS.s, 20 * NS.s, 2 * NS.s],
    ]);
  });

  it('hold every phase and every counter even when nothing was counted, a warm-up only where there is one', () => {
    const { totals } = setting(plan('orders'), { ...plan('warmed'), warmUpNs: NS.s });
    const [load, warmed] = totals.results();
    expect(load?.phases.map(({ phase }) => phase)).toEqual(['steady', 'faults']);
    expect(warmed?.phases.map(({ phase }) => phase)).toEqual(PHASES);
    expect(load?.total.counters.unsent).toBe(0);
    expect(load?.total.histograms).toEqual({});
  });

  it('leave the warm-up out of every total, and know how long each phase was without it', () => {
    const warmed = { ...plan('orders', 60), atNs: 5 * NS.s, warmUpNs: 20 * NS.s };
    const { totals, recorder } = setting(warmed);
    const worker = recorder('orders', 0, 25 * NS.s);
    for (const second of [5, 10, 24.999, 25, 40]) {
      const dueNs = START + second * NS.s;
      worker.count(COUNTER.due, worker.phaseAt(dueNs), 1);
      worker.latency(MEASURE.ackLatency, dueNs, second * NS.s);
    }
    const taken = worker.take(START + 60 * NS.s, 0);
    // Nothing that went wrong before is a trouble that somebody had to recover from.
    expect(taken.troubles.map(({ firstDueNs }) => (firstDueNs - START) / NS.s)).toEqual([25, 40]);
    totals.add(taken);
    const [load] = totals.results();
    expect(load?.durationNs).toBe(60 * NS.s);
    expect(
      [...(load?.phases ?? []), load?.total].map((phase) => [
        phase?.phase,
        phase?.durationNs,
        phase?.counters.due,
        phase?.histograms.ack_latency?.max,
      ]),
    ).toEqual([
      // The faults go on until second 35, the load until 65.
      ['steady', 30 * NS.s, 1, 40 * NS.s],
      ['faults', 10 * NS.s, 1, 25 * NS.s],
      ['warm-up', 20 * NS.s, 3, 24.999 * NS.s],
      ['total', 40 * NS.s, 2, 40 * NS.s],
    ]);
  });

  it('last as long as the load did, where only the run could tell when it ends', () => {
    const counted = (name: string, count?: number): LoadPlan => ({
      ...plan(name),
      schedule: { mode: 'max', durationNs: 600 * NS.s, ...(count !== undefined && { count }) },
    });
    const follower: LoadPlan = { ...plan('ears'), schedule: { mode: 'follow' } };
    const { totals } = setting(counted('first', 5), counted('whole'), follower);
    for (const load of ['first', 'whole', 'ears']) {
      for (const [worker, second] of [
        [0, 3],
        [1, 7],
        // The monitor hears of it later, and reports as long as there is a run.
        [-1, 30],
      ] as const) {
        totals.add(report(second, { load, worker }));
      }
    }
    const lasted = (endNs?: number) => totals.results(endNs).map(({ durationNs }) => durationNs / NS.s);
    expect(lasted()).toEqual([8, 600, 8]);
    expect(lasted(START + 5 * NS.s)).toEqual([5, 5, 5]);
    expect(totals.troubles.map(({ endNs }) => (endNs - START) / NS.s)).toEqual([8, 600, 8]);
  });

  it('take the latest word of a worker on a stretch of trouble, also when two have become one', () => {
    const { totals, recorder } = setting(plan('orders'));
    const [a, b] = [recorder('orders', 0), recorder('orders', 1)];
    const due = (second: number) => START + second * NS.s;
    a.trouble(due(22), due(23), 'timeout');
    a.trouble(due(38), due(39), 'timeout');
    totals.add(a.take(due(40), 0));
    b.trouble(due(21), due(22), 'no responders');
    totals.add(b.take(due(40), 0));
    expect(totals.troubles[0]?.troubles).toHaveLength(2);
    a.trouble(due(30), due(41), 'timeout');
    totals.add(a.take(due(42), 0));
    expect(totals.troubles).toEqual([
      {
        load: 'orders',
        endNs: due(60),
        troubles: [
          {
            firstDueNs: due(21),
            lastDueNs: due(38),
            operations: 4,
            noticedNs: due(22),
            reason: 'no responders',
          },
        ],
      },
    ]);
  });

  it('count as lost, once the monitor has seen all, what went out and never came, the end of a load too', () => {
    const { totals } = setting(plan('orders'));
    const sent = { phase: 'steady' as const, counters: { due: 10, sent: 10, ok: 10 }, histograms: {} };
    const seen = {
      phase: 'steady' as const,
      counters: { received: 7, lost: 1 },
      histograms: latencies('lag', 5, 6, 7),
    };
    totals.add(report(1, { phases: [sent, { ...sent, phase: 'faults' }] }));
    totals.add(
      report(1, {
        worker: -1,
        phases: [seen, { phase: 'faults', counters: { received: 10 }, histograms: {} }],
      }),
    );

    const added = totals.settleLosses(START + 60 * NS.s);
    expect(added).toHaveLength(1);
    expect(added[0]?.phases.map(({ phase, counters }) => [phase, counters])).toEqual([
      ['steady', { lost: 2 }],
    ]);
    const [orders] = totals.results();
    expect(orders?.total.counters.lost).toBe(3);
    // Each of them is in the lag, as one that took longer than can be told.
    expect(orders?.total.histograms.lag).toMatchObject({ total: 6, censored: { total: 3 } });
    expect(
      totals.settleLosses(START + 61 * NS.s).flatMap(({ phases }) => phases)[0]?.counters.lost ?? 0,
    ).toBe(0);
  });

  it('leave the losses of a load that the monitor does not see to what it counted itself', () => {
    const { totals } = setting(
      { ...plan('orders'), kind: 'subscribe' },
      { ...plan('asks'), kind: 'request' },
    );
    const heard = {
      phase: 'steady' as const,
      counters: { received: 95, lost: 5 },
      histograms: latencies('lag', 5, 6, 7),
    };
    totals.add(report(1, { phases: [heard] }));
    totals.add(report(1, { load: 'asks', phases: [{ ...heard, counters: { ok: 50 }, histograms: {} }] }));
    totals.settleLosses(START + 60 * NS.s);
    const [orders, asks] = totals.results();
    expect(orders?.total.counters).toMatchObject({ received: 95, lost: 5 });
    expect(orders?.total.histograms.lag).toMatchObject({ total: 8, censored: { total: 5 } });
    // Replies are no events that somebody should have received.
    expect(asks?.total.counters).toMatchObject({ ok: 50, lost: 0 });
    expect(asks?.total.histograms.lag).toBeUndefined();
    expect(totals.settleLosses(START + 61 * NS.s)).toEqual([]);
  });

  it('refuse a report of a load that nobody planned', () => {
    const { totals } = setting(plan('orders'));
    expect(() => totals.add(report(0, { load: 'other' }))).toThrow('other');
  });
});

describe('the timeline', () => {
  it('has a row a second, with the quantiles of all workers together', () => {
    const { totals } = setting(plan('orders'));
    const steady = (due: number, ...values: number[]) => [
      { phase: 'steady' as const, counters: { due }, histograms: latencies('ack_latency', ...values) },
    ];
    totals.add(report(0, { worker: 0, phases: steady(2, 100, 200), pending: 1 }));
    totals.add(report(0, { worker: 1, phases: steady(3, 300, 400, 500), pending: 2 }));
    totals.add(report(2, { worker: 0, phases: steady(1, 700) }));
    expect(totals.timeline(100)).toEqual({
      rowNs: NS.s,
      loads: [
        {
          name: 'orders',
          rows: [
            {
              t: 0,
              counters: { due: 5 },
              pending: 3,
              latency: { ack_latency: { p50: 300, p99: 500, max: 500 } },
            },
            { t: 1, counters: {}, pending: 0, latency: {} },
            {
              t: 2,
              counters: { due: 1 },
              pending: 0,
              latency: { ack_latency: { p50: 700, p99: 700, max: 700 } },
            },
          ],
        },
      ],
    });
  });

  it('keeps every count, and the largest of the rest, however many rows become one', () => {
    const seconds = 10_000;
    const { totals } = setting(plan('orders', seconds), plan('quiet', seconds));
    for (let second = 0; second < seconds; second++) {
      totals.add(report(second, { phases: counting(second + 1), pending: second }));
    }
    const { rowNs, loads } = totals.timeline(1200);
    const [orders, quiet] = loads;
    expect(rowNs).toBe(16 * NS.s);
    expect(orders?.rows.length).toBe(Math.ceil(seconds / 16));
    expect(orders?.rows[1]).toEqual({
      t: 16,
      counters: { due: Array.from({ length: 16 }, (_, i) => 17 + i).reduce((a, b) => a + b) },
      pending: 31,
      latency: {},
    });
    expect(orders?.rows.reduce((sum, { counters }) => sum + (counters.due ?? 0), 0)).toBe(
      (seconds * (seconds + 1)) / 2,
    );
    expect(quiet?.rows).toEqual([]);
    expect(totals.timeline(10).loads[0]?.rows.length).toBeLessThanOrEqual(10);
  });

  it('waits a little for the workers that report later, and then takes their values all together', () => {
    const { totals } = setting(plan('orders'));
    const slow = (worker: number, ...values: number[]) =>
      report(0, {
        worker,
        pending: 1,
        phases: [{ phase: 'steady', counters: {}, histograms: latencies('lag', ...values) }],
      });
    totals.add(slow(0, 100, 200, 300));
    totals.add(report(1));
    totals.add(report(2));
    totals.add(slow(1, 900));
    expect(totals.timeline(100).loads[0]?.rows[0]).toMatchObject({
      pending: 2,
      latency: { lag: { p50: 200, p99: 900, max: 900 } },
    });
  });

  it('still takes the report of a worker that comes long after the others', () => {
    const { totals } = setting(plan('orders'));
    for (let second = 0; second < 20; second++) totals.add(report(second, { phases: counting(1) }));
    totals.add(report(3, { worker: 1, phases: counting(5) }));
    totals.add(report(20, { phases: counting(1) }));
    expect(totals.timeline(100).loads[0]?.rows[3]?.counters).toEqual({ due: 6 });
  });
});
