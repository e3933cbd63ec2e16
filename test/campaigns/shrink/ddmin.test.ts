import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ddmin } from '../../../src/campaigns/shrink/ddmin.js';
import { furthestLevel, halvings } from '../../../src/campaigns/shrink/furthest-level.js';

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

/** Fails when it holds all of one of the sets: what was planted. */
const planted = (sets: readonly (readonly number[])[]) => (subset: readonly number[]) =>
  sets.some((set) => set.every((item) => subset.includes(item)));

/** A number of items, and sets of them, each of which fails by itself. */
const plantedIn = fc.integer({ min: 1, max: 24 }).chain((count) =>
  fc.record({
    count: fc.constant(count),
    sets: fc.array(fc.uniqueArray(fc.integer({ min: 0, max: count - 1 }), { minLength: 1, maxLength: 5 }), {
      minLength: 1,
      maxLength: 3,
    }),
  }),
);

describe('ddmin', () => {
  it('leaves what fails, and no longer does without any one of it', async () => {
    await fc.assert(
      fc.asyncProperty(plantedIn, async ({ count, sets }) => {
        const fails = planted(sets);
        const left = await ddmin(numbers(count), async (subset) => fails(subset));
        expect(fails(left)).toBe(true);
        for (const item of left) expect(fails(left.filter((other) => other !== item))).toBe(false);
      }),
      { seed: 41 },
    );
  });

  it('finds the one set that was planted, in its order', async () => {
    await fc.assert(
      fc.asyncProperty(plantedIn, async ({ count, sets }) => {
        const [only = []] = sets;
        const left = await ddmin(numbers(count), async (subset) => planted([only])(subset));
        expect(left).toEqual([...only].sort((a, b) => a - b));
      }),
      { seed: 42 },
    );
  });

  it('is 1-minimal also where more does not always fail more', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 12 }), fc.integer(), async (count, salt) => {
        const all = numbers(count);
        const fails = (subset: readonly number[]) => {
          if (subset.length === count) return true;
          const mixed = subset.reduce((hash, item) => Math.imul(hash ^ (item + 1), 0x01000193), salt | 1);
          return (mixed >>> 7) % 3 === 0;
        };
        const left = await ddmin(all, async (subset) => fails(subset));
        expect(fails(left)).toBe(true);
        for (const item of left) expect(fails(left.filter((other) => other !== item))).toBe(false);
      }),
      { seed: 43 },
    );
  });

  it('asks no more than it must for one of many: about twice the logarithm', async () => {
    let asked = 0;
    const left = await ddmin(numbers(1024), async (subset) => {
      asked++;
      return subset.includes(700);
    });
    expect(left).toEqual([700]);
    expect(asked).toBeLessThanOrEqual(21);
  });

  it('tries nothing at all first', async () => {
    expect(await ddmin([1, 2, 3], async () => true)).toEqual([]);
    expect(await ddmin([], async () => Promise.reject(new Error('asked')))).toEqual([]);
  });
});

describe('the furthest of some levels', () => {
  it('is found where all before it fail and none behind it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: -1, max: 40 }),
        async (count, last) => {
          const found = await furthestLevel(numbers(count), async (level) => level <= last);
          expect(found).toBe(Math.min(last, count - 1));
        },
      ),
      { seed: 50 },
    );
  });

  it('fails, and the next does not, whatever the others do', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 30 }), async (fails) => {
        const found = await furthestLevel([...fails.keys()], async (level) => fails[level] as boolean);
        if (found >= 0) expect(fails[found]).toBe(true);
        if (found + 1 < fails.length) expect(fails[found + 1]).toBe(false);
      }),
      { seed: 44 },
    );
  });

  it('halves down to the least', () => {
    expect(halvings(2000, 250)).toEqual([1000, 500, 250]);
    expect(halvings(200, 250)).toEqual([]);
  });
});
