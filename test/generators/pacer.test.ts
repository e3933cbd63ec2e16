import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NS } from '../../src/base/clock.js';
import type { Stage } from '../../src/contracts/plan.js';
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
        fc.integer({ min: 1, max: 4 }),
        fc.infiniteStream(fc.nat()),
        (stages, n, draw) => {
          const pacer = createPacer(open(...stages), n - 1, n);
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
      fc.property(stagesArb, fc.integer({ min: 1, max: 7 }), (stages, workers) => {
        const whole = allDueNs(createPacer(open(...stages), 0, 1));
        const parts = Array.from({ length: workers }, (_, w) =>
          allDueNs(createPacer(open(...stages), w, workers)),
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

describe('rate: max', () => {
  it('always has one more until the time is over', () => {
    const pacer = createPacer({ mode: 'max', durationNs: 3 * NS.s }, 0, 2);
    expect(pacer.countDue(-1)).toBe(0);
    expect(pacer.countDue(0)).toBe(Number.POSITIVE_INFINITY);
    expect(pacer.countDue(3 * NS.s)).toBe(0);
    expect(pacer.total).toBe(Number.POSITIVE_INFINITY);
  });
});
