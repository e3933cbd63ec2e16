/**
 * Where a value is counted: HdrHistogram's bucket layout with three significant digits, a lowest discernible value
 * of 1 ns and a highest trackable value of one hour. The first 2,048 buckets are one nanosecond wide; above, every
 * power of two is divided into 1,024 buckets, so that a bucket is never wider than a thousandth of its values.
 */

export const SIGNIFICANT_DIGITS = 3;
export const HIGHEST_TRACKABLE_NS = 3_600e9;

const SUB_BUCKETS = 2048;
const HALF_BITS = 10;
const HALF = 1 << HALF_BITS;
const TWO_32 = 2 ** 32;
/** 2^42 is the first power of two above an hour: 32 buckets of halves, and the lower half of the first. */
export const BUCKET_COUNT = (32 + 1) * HALF;

/** 2^-bucket, because multiplying by it is exact and quicker than dividing. */
const INVERSE_WIDTH = Float64Array.from({ length: 33 }, (_, bucket) => 2 ** -bucket);

/** The bucket of a value between 0 and HIGHEST_TRACKABLE_NS, in nanoseconds; fractions count as the whole below. */
export function bucketOf(ns: number): number {
  if (ns < SUB_BUCKETS) return ns | 0;
  if (ns < TWO_32) {
    const shift = 21 - Math.clz32(ns);
    return (shift << HALF_BITS) + (ns >>> shift);
  }
  const shift = 53 - Math.clz32(ns / TWO_32);
  return (shift << HALF_BITS) + ((ns * (INVERSE_WIDTH[shift] as number)) | 0);
}

/** How many nanoseconds of values a bucket holds. */
export function widthOf(bucket: number): number {
  return bucket < SUB_BUCKETS ? 1 : 2 ** ((bucket >>> HALF_BITS) - 1);
}

/** The lowest value of a bucket, in nanoseconds. */
export function lowestOf(bucket: number): number {
  return bucket < SUB_BUCKETS ? bucket : ((bucket & (HALF - 1)) + HALF) * widthOf(bucket);
}

/** The highest value of a bucket, in nanoseconds: what a percentile that falls into it is given as. */
export function highestOf(bucket: number): number {
  return lowestOf(bucket) + widthOf(bucket) - 1;
}
