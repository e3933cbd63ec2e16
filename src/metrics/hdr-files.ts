import { build, encodeIntoCompressedBase64, type Float64Histogram } from 'hdr-histogram-js';
import { NS } from '../base/clock.js';
import type { HistogramSnapshot } from '../contracts/histogram.js';
import { HIGHEST_TRACKABLE_NS, lowestOf, SIGNIFICANT_DIGITS } from './histogram-layout.js';

/** Files that HdrHistogram's own tools read. Values are recorded in nanoseconds; what is printed for people is in ms. */
const NS_PER_PRINTED_UNIT = NS.ms;
const TICKS_PER_HALF_DISTANCE = 5;

/**
 * The same counts in the same buckets as an HdrHistogram; operations without an answer are among them, at the time
 * they had waited. The lowest and the highest value are exact, but for those above an hour.
 */
export function toHdrHistogram(snapshot: HistogramSnapshot): Float64Histogram {
  const histogram = build({
    bitBucketSize: 64,
    autoResize: false,
    lowestDiscernibleValue: 1,
    highestTrackableValue: HIGHEST_TRACKABLE_NS,
    numberOfSignificantValueDigits: SIGNIFICANT_DIGITS,
  }) as Float64Histogram;
  const { lowIndex, counts, total, min, max } = snapshot;
  if (total === 0) return histogram;
  const last = counts.length - 1;
  counts.forEach((count, i) => {
    // One of the first and one of the last bucket's operations enter as they were, for the sake of the extremes.
    const exact = (i === 0 ? 1 : 0) + (i === last && (last > 0 || count > 1) ? 1 : 0);
    if (count > exact) histogram.recordValueWithCount(lowestOf(lowIndex + i), count - exact);
  });
  histogram.recordValue(Math.min(min, HIGHEST_TRACKABLE_NS));
  if (total > 1) histogram.recordValue(Math.min(max, HIGHEST_TRACKABLE_NS));
  return histogram;
}

/** The text of a .hgrm file: values by percentile, in milliseconds. */
export function hgrmText(snapshot: HistogramSnapshot): string {
  return toHdrHistogram(snapshot).outputPercentileDistribution(TICKS_PER_HALF_DISTANCE, NS_PER_PRINTED_UNIT);
}

/** One interval of a .hlog file. */
export interface HlogInterval {
  /** Seconds since the start of the log. */
  readonly startSec: number;
  readonly lengthSec: number;
  /** What the interval's operations have in common, such as a phase: no comma, no white space. */
  readonly tag?: string;
  readonly histogram: HistogramSnapshot;
}

/** The lines a .hlog file begins with. `startedAt` is what the intervals' times count from. */
export function hlogHeader(startedAt: Date): string {
  const epochSec = (startedAt.getTime() / 1000).toFixed(3);
  return `#[Histogram log format version 1.3]
#[BaseTime: ${epochSec} (seconds since epoch)]
#[StartTime: ${epochSec} (seconds since epoch), ${startedAt.toISOString()}]
"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"
`;
}

/**
 * The line of one interval, to be appended as the run goes. The maximum in it is in milliseconds, the values in the
 * histogram are nanoseconds. Throws a RangeError for a tag that would break the line.
 */
export function hlogLine({ startSec, lengthSec, tag, histogram }: HlogInterval): string {
  if (tag !== undefined && !/^[^\s,]+$/.test(tag)) throw new RangeError(`not a tag of a .hlog: ${tag}`);
  const max = histogram.max / NS_PER_PRINTED_UNIT;
  const fields = [startSec.toFixed(3), lengthSec.toFixed(3), max.toFixed(3)].join(',');
  const encoded = encodeIntoCompressedBase64(toHdrHistogram(histogram));
  return `${tag === undefined ? '' : `Tag=${tag},`}${fields},${encoded}\n`;
}
