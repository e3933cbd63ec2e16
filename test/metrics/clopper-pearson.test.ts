import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lowerBound, tailFrom, upperBound } from '../../src/metrics/clopper-pearson.js';

describe('the bounds of Clopper and Pearson', () => {
  it('are those of the tables: 95 % two-sided, 2.5 % at either end', () => {
    expect(lowerBound(7, 10, 0.025)).toBeCloseTo(0.3475, 4);
    expect(upperBound(7, 10, 0.025)).toBeCloseTo(0.9333, 4);
    expect(lowerBound(1, 20, 0.025)).toBeCloseTo(0.0013, 4);
    expect(upperBound(0, 20, 0.025)).toBeCloseTo(0.1684, 4);
  });

  it('have closed forms where all or none succeeded', () => {
    for (const trials of [1, 2, 5, 40]) {
      expect(lowerBound(trials, trials, 0.1)).toBeCloseTo(0.1 ** (1 / trials), 12);
      expect(upperBound(0, trials, 0.1)).toBeCloseTo(1 - 0.1 ** (1 / trials), 12);
      expect(lowerBound(0, trials, 0.1)).toBe(0);
      expect(upperBound(trials, trials, 0.1)).toBe(1);
    }
  });

  it('are wrong no more often than they say', () => {
    const trials = fc.integer({ min: 1, max: 40 });
    const probability = fc.double({ min: 0.01, max: 0.99, noNaN: true });
    fc.assert(
      fc.property(trials, probability, (n, p) => {
        let wrong = 0;
        for (let k = 0; k <= n; k++) {
          if (lowerBound(k, n, 0.1) > p) wrong += tailFrom(k, n, p) - (k < n ? tailFrom(k + 1, n, p) : 0);
        }
        expect(wrong).toBeLessThanOrEqual(0.1 + 1e-9);
      }),
      { seed: 85 },
    );
  });
});
