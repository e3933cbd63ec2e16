import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NS } from '../../src/base/clock.js';
import { LAG_BOUNDS_S, LagBuckets } from '../../src/monitor/lag-buckets.js';

describe('LagBuckets', () => {
  it('counts a lag at or below every bound that is not smaller, and no other', () => {
    const near = LAG_BOUNDS_S.flatMap((bound) => [bound * NS.s - 1, bound * NS.s, bound * NS.s + 1]);
    const lag = fc.oneof(fc.constantFrom(0, 1, NS.h, ...near), fc.double({ min: 0, max: NS.h, noNaN: true }));
    fc.assert(
      fc.property(fc.array(lag, { maxLength: 30 }), (lags) => {
        const buckets = new LagBuckets(3);
        for (const lagNs of lags) buckets.observe(1, lagNs);
        const { atOrBelow, count, sumSeconds } = buckets.cumulative(1);
        expect(atOrBelow).toEqual(
          LAG_BOUNDS_S.map((bound) => lags.filter((lagNs) => lagNs <= bound * NS.s).length),
        );
        expect(count).toBe(lags.length);
        expect(sumSeconds).toBeCloseTo(lags.reduce((sum, lagNs) => sum + lagNs, 0) / NS.s);
        expect(buckets.cumulative(0).count + buckets.cumulative(2).count).toBe(0);
      }),
      { seed: 51 },
    );
  });
});
