import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/base/random.js';
import { keyOf, loadEndNs, type ShrinkCase } from '../../../src/campaigns/shrink/case.js';
import type { Tally } from '../../../src/campaigns/shrink/failure-bound.js';
import { type ShrinkOptions, type ShrinkResult, shrink } from '../../../src/campaigns/shrink/shrink.js';
import type { Outcome, Trial } from '../../../src/campaigns/shrink/trials.js';
import { madeCase } from './made-case.js';

const S = 1e9;

interface Shrunk extends ShrinkResult {
  readonly trials: readonly Trial[];
  readonly taken: readonly ShrinkCase[];
}

class Ended extends Error {}

/** Shrinks with an oracle in the place of runs. */
async function shrinkBy(
  original: ShrinkCase,
  oracle: (of: ShrinkCase) => Outcome,
  options: Partial<ShrinkOptions> & { readonly endAfter?: number } = {},
): Promise<Shrunk> {
  const trials: Trial[] = [];
  const taken: ShrinkCase[] = [];
  const result = await shrink({
    original,
    share: 0.5,
    mostRuns: 1000,
    ...options,
    hands: {
      run: async (of) => {
        if (trials.length === options.endAfter) throw new Ended();
        return { outcome: oracle(of), note: '' };
      },
      refusal: () => undefined,
      onTrial: (trial) => trials.push(trial),
      onOriginal: () => {},
      onSmaller: (smaller) => taken.push(smaller),
      isEnd: (error) => error instanceof Ended,
    },
  });
  return { ...result, trials, taken };
}

const idsOf = (of: ShrinkCase | undefined) => of?.faults.map(({ id }) => Number(id.split('-')[1]));

/** Fails when all of these faults are made. */
const needing = (ids: readonly number[]) => (of: ShrinkCase) =>
  ids.every((id) => idsOf(of)?.includes(id)) ? 'fails' : 'passes';

const someFaults = fc.integer({ min: 1, max: 9 }).chain((count) =>
  fc.record({
    count: fc.constant(count),
    needed: fc.uniqueArray(fc.integer({ min: 1, max: count }), { minLength: 0, maxLength: 3 }),
  }),
);

describe('shrinking what always fails', () => {
  it('leaves the faults that it needs, as short, with as little load and as few nodes as there may be', async () => {
    await fc.assert(
      fc.asyncProperty(someFaults, async ({ count, needed }) => {
        const { smallest, confirmed, complete } = await shrinkBy(madeCase(count), needing(needed));
        expect(idsOf(smallest)).toEqual([...needed].sort((a, b) => a - b));
        expect([confirmed, complete]).toEqual([true, true]);
        expect(smallest?.nodes).toBe(1);
        for (const { forNs } of smallest?.faults ?? []) expect(forNs).toBe(0.25 * S);
        expect(loadEndNs(smallest as ShrinkCase)).toBeLessThan((needed.length + 1) * 2 * S);
      }),
      { seed: 61, numRuns: 40 },
    );
  });

  it('keeps what the failure needs of duration, pace, length, loads and nodes', async () => {
    const oracle = (of: ShrinkCase): Outcome => {
      const [fault] = of.faults;
      const orders = of.loads.find(({ name }) => name === 'orders');
      const pace = orders?.schedule.mode === 'open' ? (orders.schedule.stages[0]?.fromPerSec ?? 0) : 0;
      const holds =
        fault !== undefined &&
        fault.forNs >= 1 * S &&
        fault.atNs >= 3 * S &&
        pace >= 200 &&
        (of.nodes ?? 0) >= 3;
      return holds ? 'fails' : 'passes';
    };
    const { smallest, complete } = await shrinkBy(madeCase(4, ['noise', 'orders', 'more']), oracle);
    expect(complete).toBe(true);
    expect(smallest?.faults.map(({ forNs }) => forNs)).toEqual([1 * S]);
    expect(smallest?.faults[0]?.atNs).toBeLessThan(6 * S);
    expect(smallest?.loads.map(({ name }) => name)).toEqual(['orders']);
    expect(smallest?.loads[0]?.schedule).toMatchObject({ stages: [{ fromPerSec: 250 }] });
    expect(smallest?.nodes).toBe(3);
  });

  it('never takes a case that does not fail', async () => {
    await fc.assert(
      fc.asyncProperty(someFaults, fc.integer({ min: 1, max: 60 }), async ({ count, needed }, mostRuns) => {
        const oracle = needing(needed);
        const { taken } = await shrinkBy(madeCase(count), oracle, { mostRuns });
        for (const each of taken) expect(oracle(each)).toBe('fails');
      }),
      { seed: 62, numRuns: 60 },
    );
  });

  it('never has more runs than it may', async () => {
    await fc.assert(
      fc.asyncProperty(
        someFaults,
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 5 }),
        async ({ count, needed }, mostRuns, repeat) => {
          const { trials, complete } = await shrinkBy(madeCase(count), needing(needed), { mostRuns, repeat });
          expect(trials.length).toBeLessThanOrEqual(mostRuns);
          if (!complete) expect(trials.length).toBeGreaterThan(mostRuns - Math.max(4, repeat));
        },
      ),
      { seed: 63, numRuns: 60 },
    );
  });

  it('takes what says neither for no failure, and asks twice', async () => {
    const oracle = (of: ShrinkCase): Outcome => (needing([2])(of) === 'fails' ? 'fails' : 'unresolved');
    const { smallest, trials } = await shrinkBy(madeCase(4), oracle);
    expect(idsOf(smallest)).toEqual([2]);
    const unresolved = trials.filter(({ outcome }) => outcome === 'unresolved');
    const keys = new Set(unresolved.map(({ key }) => key));
    expect(unresolved.length).toBe(2 * keys.size);
  });
});

describe('a shrink that was ended', () => {
  it('keeps the smallest so far, and goes on from what it knows without a run that it had', async () => {
    await fc.assert(
      fc.asyncProperty(someFaults, fc.integer({ min: 5, max: 25 }), async ({ count, needed }, endAfter) => {
        const oracle = needing(needed);
        const whole = await shrinkBy(madeCase(count), oracle);
        const first = await shrinkBy(madeCase(count), oracle, { endAfter });
        expect(oracle(first.smallest as ShrinkCase)).toBe('fails');
        const known = new Map<string, Tally>(first.trials.map(({ key, tally }) => [key, tally]));
        const second = await shrinkBy(madeCase(count), oracle, { known });
        expect(keyOf(second.smallest as ShrinkCase)).toBe(keyOf(whole.smallest as ShrinkCase));
        expect(first.trials.length + second.trials.length).toBe(whole.trials.length);
      }),
      { seed: 64, numRuns: 40 },
    );
  });

  it('says that nothing was reproduced when the original did not fail once', async () => {
    const { smallest, original, trials } = await shrinkBy(madeCase(3), () => 'passes');
    expect(smallest).toBeUndefined();
    expect(original).toEqual({ fails: 0, passes: 10, unresolved: 0 });
    expect(trials.length).toBe(10);
    const mute = await shrinkBy(madeCase(3), () => 'unresolved');
    expect(mute.smallest).toBeUndefined();
    expect(mute.trials.length).toBe(10);
  });
});

describe('shrinking what fails by chance', () => {
  /** Fails with these probabilities, by the faults that are made. */
  const byChance = (seed: number, probabilityOf: (ids: readonly number[]) => number) => {
    const random = seededRandom(seed);
    return (of: ShrinkCase): Outcome => (random.next() < probabilityOf(idsOf(of) ?? []) ? 'fails' : 'passes');
  };

  it('seldom takes what fails less often than the share that was asked for', async () => {
    const seeds = Array.from({ length: 30 }, (_, seed) => seed);
    let wrong = 0;
    let found = 0;
    for (const seed of seeds) {
      // Both of two faults make it likely; one alone, or none, hardly ever.
      const probabilityOf = (ids: readonly number[]) =>
        ids.includes(2) && ids.includes(5) ? 0.7 : ids.includes(2) || ids.includes(5) ? 0.1 : 0;
      const { smallest } = await shrinkBy(madeCase(6), byChance(seed, probabilityOf));
      const ids = idsOf(smallest) ?? [];
      if (!ids.includes(2) || !ids.includes(5)) wrong++;
      else if (ids.length === 2) found++;
    }
    expect(wrong).toBeLessThanOrEqual(3);
    expect(found).toBeGreaterThanOrEqual(18);
  });

  it('finds out at the end that one run was too few, and begins again with more', async () => {
    // The original always fails; a smaller one now and then, so that a single run may be misled.
    const seeds = Array.from({ length: 40 }, (_, seed) => seed);
    let wrong = 0;
    for (const seed of seeds) {
      const { smallest, confirmed } = await shrinkBy(
        madeCase(4),
        byChance(seed, (ids) => (ids.includes(1) && ids.includes(3) ? 1 : 0.25)),
      );
      const ids = idsOf(smallest) ?? [];
      if (confirmed && !(ids.includes(1) && ids.includes(3))) wrong++;
    }
    expect(wrong).toBeLessThanOrEqual(4);
  });
});
