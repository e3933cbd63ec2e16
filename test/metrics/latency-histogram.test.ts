import fc from 'fast-check';
import { build } from 'hdr-histogram-js';
import { describe, expect, it } from 'vitest';
import type { HistogramSnapshot } from '../../src/contracts/histogram.js';
import {
  BUCKET_COUNT,
  bucketOf,
  HIGHEST_TRACKABLE_NS,
  highestOf,
  lowestOf,
} from '../../src/metrics/histogram-layout.js';
import { LatencyHistogram } from '../../src/metrics/latency-histogram.js';

const property = { seed: 20261122, numRuns: 300 };
const PERCENTILES = [0.1, 1, 25, 50, 75, 90, 95, 99, 99.9, 99.99, 99.999, 100];

/** Every magnitude alike, and the edges of buckets more often than chance would have it. */
const latency = fc.oneof(
  fc
    .double({ min: 0, max: Math.log2(HIGHEST_TRACKABLE_NS), noNaN: true })
    .map((bits) => Math.floor(2 ** bits)),
  fc.tuple(fc.nat(41), fc.integer({ min: -2, max: 2 })).map(([bit, off]) => Math.max(0, 2 ** bit + off)),
  fc.nat(5000),
);

const hdr = () =>
  build({
    bitBucketSize: 64,
    autoResize: false,
    lowestDiscernibleValue: 1,
    highestTrackableValue: HIGHEST_TRACKABLE_NS,
    numberOfSignificantValueDigits: 3,
  }) as ReturnType<typeof build> & {
    countsArrayIndex(value: number): number;
    valueFromIndex(index: number): number;
    highestEquivalentValue(value: number): number;
    readonly countsArrayLength: number;
  };

/** Buckets in use only: comparing tens of thousands of zeros one by one takes its time. */
const sparse = (snapshot: HistogramSnapshot) => {
  const buckets = (side: { lowIndex: number; counts: Float64Array }) =>
    [...side.counts.entries()].flatMap(([i, count]) => (count > 0 ? [[side.lowIndex + i, count]] : []));
  const { censored } = snapshot;
  return {
    ...snapshot,
    counts: buckets(snapshot),
    stretch: snapshot.counts.length,
    ...(censored && { censored: { ...censored, counts: buckets(censored) } }),
  };
};

const recorded = (values: readonly number[]): LatencyHistogram => {
  const histogram = new LatencyHistogram();
  for (const value of values) histogram.record(value);
  return histogram;
};

describe('the layout', () => {
  const reference = hdr();

  it('has as many buckets as HdrHistogram', () => {
    expect(BUCKET_COUNT).toBe(reference.countsArrayLength);
  });

  it('puts every value into the bucket that HdrHistogram puts it into', () => {
    fc.assert(
      fc.property(latency, (ns) => {
        const bucket = bucketOf(ns);
        expect(bucket).toBe(reference.countsArrayIndex(ns));
        expect(lowestOf(bucket)).toBe(reference.valueFromIndex(bucket));
        expect(highestOf(bucket)).toBe(reference.highestEquivalentValue(ns));
      }),
      { ...property, numRuns: 5000 },
    );
  });

  it('joins buckets without a hole and without an overlap', () => {
    for (let bucket = 1; bucket < BUCKET_COUNT; bucket++) {
      if (lowestOf(bucket) !== highestOf(bucket - 1) + 1) expect.fail(`between ${bucket - 1} and ${bucket}`);
      if (bucketOf(lowestOf(bucket)) !== bucket) expect.fail(`lowest value of ${bucket}`);
    }
  });
});

describe('LatencyHistogram', () => {
  it('gives the percentiles that HdrHistogram gives, and exact extremes', () => {
    fc.assert(
      fc.property(fc.array(latency, { minLength: 1, maxLength: 400 }), (values) => {
        const ours = recorded(values);
        const reference = hdr();
        for (const value of values) reference.recordValue(value);
        expect(ours.total).toBe(reference.totalCount);
        expect(ours.min).toBe(Math.min(...values));
        expect(ours.max).toBe(Math.max(...values));
        expect(ours.mean).toBe(values.reduce((a, b) => a + b, 0) / values.length);
        for (const percentile of PERCENTILES) {
          const expected = Math.min(reference.getValueAtPercentile(percentile), ours.max);
          expect(ours.percentile(percentile)).toEqual({ lower: expected, upper: expected });
        }
      }),
      property,
    );
  });

  it('is the same whether recorded at once, or in parts that are merged in any order', () => {
    const operation = fc.record({ ns: latency, answered: fc.boolean(), part: fc.nat(3) });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 200 }), (operations) => {
        const whole = new LatencyHistogram();
        const parts = Array.from({ length: 4 }, () => new LatencyHistogram());
        for (const { ns, answered, part } of operations) {
          for (const histogram of [whole, parts[part]!]) {
            if (answered) histogram.record(ns);
            else histogram.recordCensored(ns);
          }
        }
        const merged = new LatencyHistogram();
        for (const part of parts.reverse()) {
          const snapshot = part.takeSnapshot();
          if (snapshot) merged.add(structuredClone(snapshot));
          expect(part.total).toBe(0);
          expect(part.takeSnapshot()).toBeUndefined();
        }
        expect(sparse(merged.snapshot())).toEqual(sparse(whole.snapshot()));
      }),
      property,
    );
  });

  it('sends only the buckets between the lowest and the highest value', () => {
    const { lowIndex, counts } = recorded([1_000_000, 1_100_000]).snapshot();
    expect(lowIndex).toBe(bucketOf(1_000_000));
    expect(counts.length).toBe(bucketOf(1_100_000) - bucketOf(1_000_000) + 1);
    expect(new LatencyHistogram().snapshot()).toEqual({
      lowIndex: 0,
      counts: new Float64Array(0),
      total: 0,
      min: 0,
      max: 0,
      sum: 0,
    });
  });

  it('counts values above an hour at the hour, and keeps them in the maximum', () => {
    const histogram = recorded([1, 2 * HIGHEST_TRACKABLE_NS]);
    expect(histogram.clamped).toBe(1);
    expect(histogram.max).toBe(2 * HIGHEST_TRACKABLE_NS);
    const merged = LatencyHistogram.from(histogram.snapshot());
    expect(merged.clamped).toBe(1);
    expect(merged.snapshot()).toEqual(histogram.snapshot());
    expect(merged.percentile(100).lower).toBe(2 * HIGHEST_TRACKABLE_NS);
  });

  it('counts a time before the due time, and a fraction, as the whole nanosecond below, from 0 on', () => {
    const histogram = recorded([-5, 1.9]);
    expect([histogram.min, histogram.max, histogram.mean]).toEqual([0, 1, 0.5]);
  });

  it('has no percentile when empty', () => {
    expect(new LatencyHistogram().percentile(50)).toEqual({ lower: Number.NaN, upper: Number.NaN });
    expect(new LatencyHistogram().countBeyond(50)).toBe(0);
  });

  it('does not lose an operation to floating point when it counts those beyond a percentile', () => {
    const histogram = new LatencyHistogram();
    for (let i = 0; i < 10_000; i++) histogram.record(i);
    expect(histogram.countBeyond(99.9)).toBe(10);
    expect(histogram.countBeyond(99)).toBe(100);
    expect(histogram.countBeyond(50)).toBe(5000);
    expect(histogram.countBeyond(100)).toBe(0);
  });

  describe('with operations that were never answered', () => {
    it('bounds every percentile by what a stricter and a kinder fate would have made of it', () => {
      const operation = fc.record({ ns: latency, answered: fc.boolean() });
      fc.assert(
        fc.property(fc.array(operation, { minLength: 1, maxLength: 200 }), (operations) => {
          const ours = new LatencyHistogram();
          for (const { ns, answered } of operations) {
            if (answered) ours.record(ns);
            else ours.recordCensored(ns);
          }
          const kind = operations.map(({ ns }) => ns).sort((a, b) => a - b);
          const strict = operations
            .map(({ ns, answered }) => (answered ? ns : Number.POSITIVE_INFINITY))
            .sort((a, b) => a - b);
          for (const percentile of PERCENTILES) {
            const rank = Math.max(1, Math.ceil((percentile / 100) * operations.length - 1e-9));
            const { lower, upper } = ours.percentile(percentile);
            expect(lower).toBe(Math.min(highestOf(bucketOf(kind[rank - 1]!)), ours.max));
            const worst = strict[rank - 1]!;
            expect(upper).toBe(
              worst === Number.POSITIVE_INFINITY ? worst : Math.min(highestOf(bucketOf(worst)), ours.max),
            );
          }
        }),
        property,
      );
    });

    it('is exact below the share that was answered', () => {
      const histogram = new LatencyHistogram();
      for (let i = 0; i < 98; i++) histogram.record(1000);
      for (let i = 0; i < 2; i++) histogram.recordCensored(5_000_000);
      expect(histogram.percentile(98)).toEqual({ lower: 1000, upper: 1000 });
      expect(histogram.percentile(99)).toEqual({ lower: 5_000_000, upper: Number.POSITIVE_INFINITY });
      expect(histogram.censoredTotal).toBe(2);
    });
  });
});
