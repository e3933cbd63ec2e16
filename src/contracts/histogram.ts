/**
 * The counts of a histogram as they travel between threads: only the stretch between the lowest and the highest
 * bucket in use. Bucket layout: HdrHistogram's with three significant digits from 1 ns (see metrics/histogram-layout.ts).
 */
export interface HistogramSnapshot {
  /** Index of `counts[0]`. */
  readonly lowIndex: number;
  readonly counts: Float64Array;
  readonly total: number;
  /** Exact, in nanoseconds; 0 when `total` is 0. */
  readonly min: number;
  readonly max: number;
  readonly sum: number;
  /** How many were above an hour, the last bucket, and are counted there; absent when none were. */
  readonly clamped?: number;
  /**
   * Those of the counts above that are operations without an answer, entered at the time they had waited: their
   * true value is at least that. Absent when there are none.
   */
  readonly censored?: { readonly lowIndex: number; readonly counts: Float64Array; readonly total: number };
}
