import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NS } from '../../src/base/clock.js';
import { RateIntegral } from '../../src/base/rate-integral.js';
import type { Arrival, Stage } from '../../src/contracts/plan/schedule.js';
import { createPacer } from '../../src/generators/pacer.js';

const hold = (perSec: number, seconds: number): Stage => ({
  fromPerSec: perSec,
  toPerSec: perSec,
  durationNs: seconds * NS.s,
});
const ramp = (fromPerSec: number, toPerSec: number, seconds: number): Stage => ({
  fromPerSec,
  toPerSec,
  durationNs: seconds * NS.s,
});
const open = (...stages: Stage[]) => ({
  mode: 'open' as const,
  arrival: { kind: 'constant' as const },
  unit: 'operations' as const,
  stages,
});
/** The same schedule, arriving in another way. */
const arriving = (arrival: Arrival, ...stages: Stage[]) => ({ ...open(...stages), arrival });
const SEED = { seed: 4, name: 'orders' };
const POISSON: Arrival = { kind: 'poisson' };
const arrivalArb: fc.Arbitrary<Arrival> = fc.oneof(
  fc.constant<Arrival>({ kind: 'constant' }),
  fc.constant(POISSON),
  fc.integer({ min: 1, max: 90 }).map((size): Arrival => ({ kind: 'bursts', size })),
);

const allDueNs = (pacer: { total: number; dueNs(i: number): number }) =>
  Array.from({ length: pacer.total }, (_, i) => pacer.dueNs(i));

/** The slow and obvious one: adds up the rate over tiny steps and notes when each whole operation is reached. */
function stepByStep(stages: readonly Stage[], stepSec: number): number[] {
  const due: number[] = [];
  let reached = 0;
  let sec = 0;
  for (const { fromPerSec, toPerSec, durationNs } of stages) {
    const steps = Math.round(durationNs / NS.s / stepSec);
    for (let step = 0; step < steps; step++) {
      const rate = fromPerSec + ((toPerSec - fromPerSec) * (step + 0.5)) / steps;
      while (due.length < reached + rate * stepSec - 1e-9) {
        due.push(sec + ((due.length - reached) / (rate * stepSec)) * stepSec);
      }
      reached += rate * stepSec;
      sec += stepSec;
    }
  }
  return due;
}

const stagesArb = fc.array(
  fc.record({
    fromPerSec: fc.nat(400),
    toPerSec: fc.nat(400),
    durationNs: fc.integer({ min: 1, max: 20 }).map((tenths) => (tenths / 10) * NS.s),
  }),
  { minLength: 1, maxLength: 6 },
);

describe('the open-loop schedule', () => {
  it('spaces operations of a constant rate evenly, the first at once', () => {
    const pacer = createPacer(open(hold(4, 2)), 0, 1);
    expect(allDueNs(pacer)).toEqual([0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75].map((sec) => sec * NS.s));
    expect(pacer.endNs).toBe(2 * NS.s);
  });

  it('has exactly rate × time operations over a long time', () => {
    expect(createPacer(open(hold(20_000, 70)), 0, 1).total).toBe(1_400_000);
    expect(createPacer(open(ramp(0, 500_000, 10), hold(500_000, 60)), 0, 1).total).toBe(32_500_000);
  });

  it('ramps as the integral of the rate says', () => {
    // From 0 to 200/s over 2 s: N(t) = 50·t².
    const pacer = createPacer(open(ramp(0, 200, 2)), 0, 1);
    expect(pacer.total).toBe(200);
    for (let i = 0; i < 200; i++) expect(pacer.dueNs(i) / NS.s).toBeCloseTo(Math.sqrt(i / 50), 9);
  });

  it('does not begin anew when the rate changes', () => {
    // 10.5 operations in the first stage: the eleventh is half a gap into the second.
    const pacer = createPacer(open(hold(7, 1.5), hold(100, 1)), 0, 1);
    expect(pacer.dueNs(10) / NS.s).toBeCloseTo(10 / 7, 9);
    expect(pacer.dueNs(11) / NS.s).toBeCloseTo(1.5 + 0.5 / 100, 9);
  });

  it('pauses while the rate is zero', () => {
    const pacer = createPacer(open(hold(2, 1), hold(0, 5), hold(2, 1)), 0, 1);
    expect(allDueNs(pacer).map((ns) => ns / NS.s)).toEqual([0, 0.5, 6, 6.5]);
    expect(createPacer(open(hold(0, 5)), 0, 1).total).toBe(0);
  });

  it('agrees with adding up the rate in small steps', () => {
    fc.assert(
      fc.property(stagesArb, (stages) => {
        const pacer = createPacer(open(...stages), 0, 1);
        const expected = stepByStep(stages, 0.0005);
        expect(Math.abs(pacer.total - expected.length)).toBeLessThanOrEqual(1);
        for (let i = 0; i < Math.min(pacer.total, expected.length); i++) {
          expect(Math.abs(pacer.dueNs(i) / NS.s - expected[i]!)).toBeLessThan(0.02);
        }
      }),
      { seed: 21, numRuns: 60 },
    );
  });

  it('counts what is due exactly as the due times say, at any time and in any order', () => {
    fc.assert(
      fc.property(
        stagesArb,
        arrivalArb,
        fc.integer({ min: 1, max: 4 }),
        fc.infiniteStream(fc.nat()),
        (stages, arrival, n, draw) => {
          const pacer = createPacer(arriving(arrival, ...stages), n - 1, n, SEED);
          const due = allDueNs(pacer);
          expect(due.every((at, i) => i === 0 || at >= due[i - 1]!)).toBe(true);
          expect(due.every((at) => at >= 0 && at <= pacer.endNs)).toBe(true);
          for (let look = 0; look < 40; look++) {
            const exact = due[draw.next().value % Math.max(1, due.length)] ?? 0;
            for (const at of [exact - 1, exact, exact + 1, (draw.next().value / 2 ** 31) * pacer.endNs]) {
              expect(pacer.countDue(at)).toBe(due.filter((dueNs) => dueNs <= at).length);
            }
          }
          expect(pacer.countDue(pacer.endNs)).toBe(pacer.total);
          expect(pacer.countDue(-1)).toBe(0);
        },
      ),
      { seed: 22, numRuns: 60 },
    );
  });

  it('is shared among workers without a gap and without a double', () => {
    fc.assert(
      fc.property(stagesArb, arrivalArb, fc.integer({ min: 1, max: 7 }), (stages, arrival, workers) => {
        const schedule = arriving(arrival, ...stages);
        const whole = allDueNs(createPacer(schedule, 0, 1, SEED));
        const parts = Array.from({ length: workers }, (_, w) =>
          allDueNs(createPacer(schedule, w, workers, SEED)),
        );
        parts.forEach((part, worker) => {
          part.forEach((dueNs, i) => {
            expect(dueNs).toBe(whole[worker + i * workers]);
          });
        });
        expect(parts.reduce((sum, part) => sum + part.length, 0)).toBe(whole.length);
      }),
      { seed: 23, numRuns: 60 },
    );
  });
});

describe('bursts', () => {
  it('are so many at a time, and keep the rate', () => {
    const pacer = createPacer(arriving({ kind: 'bursts', size: 3 }, hold(4, 2)), 0, 1);
    expect(allDueNs(pacer).map((ns) => ns / NS.s)).toEqual([0, 0, 0, 0.75, 0.75, 0.75, 1.5, 1.5]);
  });
});

describe('Poisson arrivals', () => {
  const ARRIVALS = 100_000;
  const due = (seed = 4) =>
    allDueNs(createPacer(arriving(POISSON, hold(1000, 100)), 0, 1, { ...SEED, seed }));

  it('are exactly as many as the rate asks for, in order, none at the time of another', () => {
    const times = due();
    expect(times).toHaveLength(ARRIVALS);
    expect(times.every((ns, i) => ns > (times[i - 1] ?? 0) && ns < 100 * NS.s)).toBe(true);
  });

  it('have gaps like those of independent arrivals: exponential', () => {
    const times = due();
    const gaps = times.map((ns, i) => (ns - (times[i - 1] ?? 0)) / NS.ms).toSorted((a, b) => a - b);
    // The greatest distance between how many gaps are that short and how many should be (Kolmogorov and Smirnov).
    const distance = Math.max(
      ...gaps.map((gap, i) => Math.abs((i + 0.5) / gaps.length - (1 - Math.exp(-gap)))),
    );
    expect(distance).toBeLessThan(1.63 / Math.sqrt(gaps.length));
  });

  it('bunch as independent arrivals do, in short stretches and in long ones', () => {
    const times = due();
    for (const ms of [2, 10, 40, 200, 1000]) {
      const counts = new Array<number>(100_000 / ms).fill(0);
      for (const ns of times) counts[Math.floor(ns / NS.ms / ms)]!++;
      const mean = ARRIVALS / counts.length;
      const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / counts.length;
      // Of a fixed number of arrivals, as many fewer vary as the stretch is part of the whole.
      const ratio = variance / mean / (1 - 1 / counts.length);
      expect(Math.abs(ratio - 1)).toBeLessThan(4 * Math.sqrt(2 / counts.length));
    }
  });

  it('are others by another seed or for another load, and the same by the same', () => {
    expect(due(4)).toEqual(due(4));
    expect(due(5)[0]).not.toBe(due(4)[0]);
    const other = createPacer(arriving(POISSON, hold(1000, 100)), 0, 1, { seed: 4, name: 'payments' });
    expect(other.dueNs(0)).not.toBe(due(4)[0]);
  });

  it('can be asked for in any order, and far into a schedule that is longer than anybody could wait', () => {
    const schedule = arriving(POISSON, hold(1e6, 1e5));
    const [pacer, again] = [createPacer(schedule, 0, 1, SEED), createPacer(schedule, 0, 1, SEED)];
    expect(pacer.total).toBe(1e11);
    const places = [5e10, 7, 99_999_999_999, 5e10 + 1, 31, 32, 33, 5e10 - 1, 0];
    const asked = new Map(places.map((place) => [place, pacer.dueNs(place)]));
    for (const place of places.toSorted((a, b) => a - b)) expect(again.dueNs(place)).toBe(asked.get(place));
    // A million a second: after so many there is no other place to be, give or take what chance does to 5e10.
    expect(Math.abs((asked.get(5e10) as number) / NS.ms - 5e10 / 1000)).toBeLessThan(
      (5 * Math.sqrt(1e11)) / 2 / 1000,
    );
    expect(pacer.countDue(asked.get(5e10) as number)).toBe(5e10 + 1);
  });

  it('stand where the seed puts them, however the rate goes: a rate that changes begins nothing anew', () => {
    const position = (...stages: Stage[]) => {
      const pacer = createPacer(arriving(POISSON, ...stages), 0, 1, SEED);
      const integral = new RateIntegral(stages);
      return allDueNs(pacer).map((ns) => integral.countAt(ns));
    };
    const even = position(hold(100, 10));
    const uneven = position(ramp(0, 200, 5), hold(50, 4), hold(0, 3), hold(300, 1));
    expect(uneven).toHaveLength(even.length);
    for (const [i, at] of uneven.entries()) expect(at).toBeCloseTo(even[i] as number, 6);
  });
});

describe('every kind of arrival', () => {
  it('keeps to the integral of the rate', () => {
    fc.assert(
      fc.property(stagesArb, arrivalArb, fc.nat(1000), (stages, arrival, seed) => {
        const pacer = createPacer(arriving(arrival, ...stages), 0, 1, { seed, name: 'x' });
        const integral = new RateIntegral(stages);
        for (let tenth = 0; tenth <= 10; tenth++) {
          const at = (pacer.endNs * tenth) / 10;
          const expected = integral.countAt(at);
          const share = expected / Math.max(1, integral.total);
          const bound = {
            constant: 1,
            bursts: arrival.kind === 'bursts' ? arrival.size : 0,
            // Six standard deviations of a binomial share, and one for the rounding.
            poisson: 1 + 6 * Math.sqrt(integral.total * share * Math.max(0, 1 - share)),
            // Has times of its own: see replay-pacer.test.ts.
            replay: 0,
          }[arrival.kind];
          expect(Math.abs(pacer.countDue(at) - expected)).toBeLessThanOrEqual(bound + 1e-6);
        }
      }),
      { seed: 24, numRuns: 100 },
    );
  });

  it('ends with the count, all workers together', () => {
    fc.assert(
      fc.property(
        stagesArb,
        arrivalArb,
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 1, max: 5 }),
        (stages, arrival, count, workers) => {
          const schedule = arriving(arrival, ...stages);
          const total = createPacer(schedule, 0, 1, SEED).total;
          const parts = Array.from({ length: workers }, (_, worker) =>
            createPacer({ ...schedule, count }, worker, workers, SEED),
          );
          expect(parts.reduce((sum, part) => sum + part.total, 0)).toBe(Math.min(count, total));
          for (const part of parts) expect(part.countDue(part.endNs)).toBe(part.total);
        },
      ),
      { seed: 25, numRuns: 60 },
    );
  });
});

describe('a rate in bytes', () => {
  const bytes = { ...open(hold(1_000_000, 2)), unit: 'bytes' as const };

  it('is as many operations as their mean size makes of it, for each worker by its own', () => {
    expect(createPacer(bytes, 0, 1, { meanBytes: 1000 }).total).toBe(2000);
    expect(createPacer(bytes, 0, 2, { meanBytes: 1000 }).total).toBe(1000);
    expect(createPacer(bytes, 1, 2, { meanBytes: 500 }).total).toBe(2000);
    expect(createPacer(bytes, 0, 1, { meanBytes: 1000 }).dueNs(1)).toBeCloseTo(NS.ms, 3);
  });

  it('is refused where operations have no size, or none of them fits', () => {
    expect(() => createPacer(bytes, 0, 1)).toThrow('these have no size');
    expect(() => createPacer(bytes, 0, 1, { meanBytes: 0 })).toThrow('these have no size');
    expect(() => createPacer(bytes, 0, 1, { meanBytes: 2_000_001 })).toThrow(
      'the 2000001 B of one operation',
    );
  });
});

describe('rate: max', () => {
  it('always has one more until the time is over', () => {
    const pacer = createPacer({ mode: 'max', durationNs: 3 * NS.s }, 0, 2);
    expect(pacer.countDue(-1)).toBe(0);
    expect(pacer.countDue(0)).toBe(Number.POSITIVE_INFINITY);
    expect(pacer.countDue(3 * NS.s)).toBe(0);
    expect(pacer.total).toBe(Number.POSITIVE_INFINITY);
  });

  it('has no more than its count, shared by the workers; so has a closed loop', () => {
    const max = { mode: 'max' as const, durationNs: 3 * NS.s, count: 10 };
    const closed = { ...max, mode: 'closed' as const, concurrency: 8 };
    for (const schedule of [max, closed]) {
      const parts = [0, 1, 2].map((worker) => createPacer(schedule, worker, 3));
      expect(parts.map((part) => part.countDue(0))).toEqual([4, 3, 3]);
      expect(parts.map((part) => part.limit)).toEqual([4, 3, 3]);
    }
  });
});
