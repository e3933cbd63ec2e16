import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.js';
import type { SizePlan, SizeSpread } from '../../src/contracts/plan/size.js';
import { drawMix } from '../../src/wire/frame-mix.js';
import { meanSize, sizeQuantile } from '../../src/wire/size-quantile.js';

const plan = (minBytes: number, maxBytes: number, spread?: SizeSpread): SizePlan => ({
  minBytes,
  maxBytes,
  ...(spread && { spread }),
});

/** The sizes of so many messages, ascending, as a ring of frames has them. */
const drawn = (size: SizePlan, count = 1000): number[] =>
  [...drawMix([{ subject: 'a', weight: 1, ...size }], count, seededRandom(1)).payloadBytes].sort(
    (a, b) => a - b,
  );

describe('sizes', () => {
  it('follow a normal spread, cut off at their bounds', () => {
    const size = plan(600, 1800, { kind: 'normal', meanBytes: 1024, sdBytes: 200 });
    const sizes = drawn(size);
    expect(sizes[500]).toBeCloseTo(1030, -1);
    // Of what is left between the bounds, 69.45 % lie within a standard deviation.
    expect(sizes.filter((bytes) => Math.abs(bytes - 1024) <= 200).length / 1000).toBeCloseTo(0.6945, 2);
    expect(sizes[0]).toBeGreaterThanOrEqual(600);
    expect(sizes.at(-1)).toBeLessThanOrEqual(1800);
    // Nothing is heaped up at a bound.
    expect(sizes.filter((bytes) => bytes === 600).length).toBeLessThan(5);
    expect(meanSize(size)).toBeCloseTo(sizes.reduce((a, b) => a + b) / 1000, -0.5);
  });

  it('follow a log-normal spread by its median and its p99', () => {
    const sizes = drawn(
      plan(16, 1e6, { kind: 'lognormal', medianBytes: 1024, sigma: Math.log(16) / 2.3263479 }),
    );
    expect(sizes[499]).toBeGreaterThan(1000);
    expect(sizes[499]).toBeLessThan(1050);
    expect(sizes[989]).toBeGreaterThan(15_000);
    expect(sizes[989]).toBeLessThan(18_000);
  });

  it('have the shares of a choice, to the message', () => {
    const choices = [
      { bytes: 256, weight: 80 },
      { bytes: 4096, weight: 20 },
    ];
    const sizes = drawn(plan(256, 4096, { kind: 'choice', choices }));
    expect(sizes.filter((bytes) => bytes === 256)).toHaveLength(800);
    expect(sizes.filter((bytes) => bytes === 4096)).toHaveLength(200);
  });

  it('go through their percentiles', () => {
    const points = [
      { percentile: 0, bytes: 64 },
      { percentile: 50, bytes: 256 },
      { percentile: 99, bytes: 1024 },
      { percentile: 100, bytes: 65_536 },
    ];
    const quantile = sizeQuantile(plan(64, 65_536, { kind: 'percentiles', points }));
    expect([0, 0.25, 0.5, 0.99, 0.999999].map(quantile)).toEqual([64, 160, 256, 1024, 65_530]);
  });
});
