import fc from 'fast-check';
import { HistogramLogReader, listTags } from 'hdr-histogram-js';
import { describe, expect, it } from 'vitest';
import { NS } from '../../src/base/clock.js';
import { hgrmText, hlogHeader, hlogLine, toHdrHistogram } from '../../src/metrics/hdr-files.js';
import { LatencyHistogram } from '../../src/metrics/latency-histogram.js';

const STARTED = new Date('2026-11-22T09:54:00.250Z');

function histogramOf(answered: readonly number[], unanswered: readonly number[] = []) {
  const histogram = new LatencyHistogram();
  for (const ns of answered) histogram.record(ns);
  for (const ns of unanswered) histogram.recordCensored(ns);
  return histogram;
}

function decode(text: string) {
  const reader = new HistogramLogReader(text, 64);
  const intervals = [];
  for (let next = reader.nextIntervalHistogram(); next !== null; next = reader.nextIntervalHistogram()) {
    intervals.push(next as typeof next & { getCountAtIndex(index: number): number });
  }
  return intervals;
}

const latency = fc
  .double({ min: 0, max: Math.log2(3600e9), noNaN: true })
  .map((bits) => Math.floor(2 ** bits));

describe('an HdrHistogram made of ours', () => {
  it('has the same counts in the same buckets, and the same extremes', () => {
    fc.assert(
      fc.property(fc.array(latency, { maxLength: 100 }), fc.array(latency, { maxLength: 20 }), (yes, no) => {
        const snapshot = histogramOf(yes, no).snapshot();
        const hdr = toHdrHistogram(snapshot) as ReturnType<typeof toHdrHistogram> & {
          getCountAtIndex(index: number): number;
        };
        expect(hdr.totalCount).toBe(yes.length + no.length);
        expect(hdr.maxValue).toBe(snapshot.max);
        snapshot.counts.forEach((count, i) => {
          if (hdr.getCountAtIndex(snapshot.lowIndex + i) !== count)
            expect.fail(`bucket ${snapshot.lowIndex + i}`);
        });
      }),
      { seed: 21, numRuns: 200 },
    );
  });

  it('holds what was above an hour at an hour', () => {
    expect(toHdrHistogram(histogramOf([1, 5 * NS.h]).snapshot()).maxValue).toBe(NS.h);
  });
});

describe('a .hlog file', () => {
  it('is decoded by HdrHistogram’s reader with every count that was recorded, by tag and time', () => {
    const interval = fc.record({
      tag: fc.constantFrom('steady', 'faults', undefined),
      answered: fc.array(latency, { minLength: 1, maxLength: 50 }),
      unanswered: fc.array(latency, { maxLength: 10 }),
    });
    fc.assert(
      fc.property(fc.array(interval, { minLength: 1, maxLength: 8 }), (intervals) => {
        const histograms = intervals.map(({ answered, unanswered }) => histogramOf(answered, unanswered));
        const text =
          hlogHeader(STARTED) +
          intervals
            .map(({ tag }, i) =>
              hlogLine({
                startSec: i,
                lengthSec: 1,
                ...(tag && { tag }),
                histogram: histograms[i]!.snapshot(),
              }),
            )
            .join('');
        const decoded = decode(text);
        expect(decoded.length).toBe(intervals.length);
        expect(decoded.reduce((sum, { totalCount }) => sum + totalCount, 0)).toBe(
          histograms.reduce((sum, { total }) => sum + total, 0),
        );
        decoded.forEach((hdr, i) => {
          const { lowIndex, counts, total } = histograms[i]!.snapshot();
          expect(hdr.totalCount).toBe(total);
          expect(hdr.tag).toBe(intervals[i]!.tag ?? 'NO TAG');
          expect(hdr.startTimeStampMsec).toBe(STARTED.getTime() + i * 1000);
          expect(hdr.endTimeStampMsec).toBe(STARTED.getTime() + (i + 1) * 1000);
          counts.forEach((count, bucket) => {
            if (hdr.getCountAtIndex(lowIndex + bucket) !== count) expect.fail(`bucket ${lowIndex + bucket}`);
          });
          for (const percentile of [50, 99, 99.9]) {
            const ours = histograms[i]!.percentile(percentile).lower;
            expect(Math.min(hdr.getValueAtPercentile(percentile), histograms[i]!.max)).toBe(ours);
          }
        });
        const tags = new Set(intervals.map(({ tag }) => tag ?? 'NO TAG'));
        expect(new Set(listTags(text))).toEqual(tags);
      }),
      { seed: 22, numRuns: 60 },
    );
  });

  it('gives the maximum of an interval in milliseconds', () => {
    const line = hlogLine({ startSec: 2, lengthSec: 1, histogram: histogramOf([15_250_000]).snapshot() });
    expect(line).toMatch(/^2\.000,1\.000,15\.250,HISTF[A-Za-z0-9+/=]+\n$/);
  });

  it('refuses a tag that would break its line', () => {
    const { snapshot } = { snapshot: histogramOf([1]).snapshot() };
    for (const tag of ['a,b', 'a b', '', 'a\nb']) {
      expect(() => hlogLine({ startSec: 0, lengthSec: 1, tag, histogram: snapshot })).toThrow(RangeError);
    }
  });
});

describe('a .hgrm file', () => {
  it('is laid out as HdrHistogram’s tools expect it, in milliseconds', () => {
    const histogram = histogramOf(
      [...Array.from({ length: 990 }, () => 2 * NS.ms)],
      Array(10).fill(1.5 * NS.s),
    );
    const lines = hgrmText(histogram.snapshot()).split('\n');
    expect(lines[0]).toBe('       Value     Percentile TotalCount 1/(1-Percentile)');
    expect(lines[1]).toBe('');
    const rows = lines.slice(2).filter((line) => line !== '' && !line.startsWith('#'));
    for (const row of rows) expect(row).toMatch(/^ +\d+\.\d{3} \d\.\d{12} +\d+( +\d+\.\d{2})?$/);
    const [value, percentile, count] = rows.at(-1)!.trim().split(/ +/).map(Number) as [
      number,
      number,
      number,
    ];
    expect(percentile).toBe(1);
    expect(count).toBe(histogram.total);
    expect(value).toBeGreaterThanOrEqual(1500);
    expect(value).toBeLessThan(1502);
    expect(lines.slice(-4)).toEqual([
      expect.stringMatching(/^#\[Mean {4}= +16\.98\d, StdDeviation {3}= +\d+\.\d{3}\]$/),
      expect.stringMatching(/^#\[Max {5}= +1500\.000, Total count {4}= +1000\]$/),
      expect.stringMatching(/^#\[Buckets = +32, SubBuckets {5}= +2048\]$/),
      '',
    ]);
  });
});
