import type { HistogramSnapshot } from '../contracts/histogram.js';
import { BUCKET_COUNT, bucketOf, HIGHEST_TRACKABLE_NS, highestOf, lowestOf } from './histogram-layout.js';

/**
 * Between which values a percentile lies, in nanoseconds. They differ when operations without an answer decide it:
 * `lower` takes those at the time they had waited, `upper` as if they were never answered (Infinity when the
 * percentile falls among them). Equal: the percentile is exact, to the histogram's three digits. NaN when empty.
 */
export interface PercentileBounds {
  readonly lower: number;
  readonly upper: number;
}

/**
 * Counts of latencies in nanoseconds, flat: recording is one increment in an array. Values are cut to whole
 * nanoseconds; negative ones count as 0; those above an hour are counted at an hour, and counted as clamped, while
 * `max` and `mean` keep them as they were.
 */
export class LatencyHistogram {
  #counts = new Float64Array(BUCKET_COUNT);
  #censored: Float64Array | undefined;
  #total = 0;
  #censoredTotal = 0;
  #clamped = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = 0;
  #sum = 0;

  static from(snapshot: HistogramSnapshot): LatencyHistogram {
    const histogram = new LatencyHistogram();
    histogram.add(snapshot);
    return histogram;
  }

  /** Counts one answered operation. The hot path: allocates nothing. */
  record(ns: number): void {
    this.#counts[this.#enter(ns)]!++;
  }

  /** Counts an operation that had no answer after `waitedNs`: its true value is at least that. */
  recordCensored(waitedNs: number): void {
    this.#censored ??= new Float64Array(BUCKET_COUNT);
    const bucket = this.#enter(waitedNs);
    this.#counts[bucket]!++;
    this.#censored[bucket]!++;
    this.#censoredTotal++;
  }

  #enter(value: number): number {
    const ns = value > 0 ? Math.floor(value) : 0;
    this.#total++;
    this.#sum += ns;
    if (ns > this.#max) this.#max = ns;
    if (ns < this.#min) this.#min = ns;
    if (ns <= HIGHEST_TRACKABLE_NS) return bucketOf(ns);
    this.#clamped++;
    return bucketOf(HIGHEST_TRACKABLE_NS);
  }

  /** Adds what another histogram counted. */
  add(snapshot: HistogramSnapshot): void {
    if (snapshot.total === 0) return;
    addInto(this.#counts, snapshot);
    this.#total += snapshot.total;
    this.#sum += snapshot.sum;
    this.#clamped += snapshot.clamped ?? 0;
    this.#min = Math.min(this.#min, snapshot.min);
    this.#max = Math.max(this.#max, snapshot.max);
    if (snapshot.censored) {
      this.#censored ??= new Float64Array(BUCKET_COUNT);
      addInto(this.#censored, snapshot.censored);
      this.#censoredTotal += snapshot.censored.total;
    }
  }

  /** How many operations were counted, the censored among them. */
  get total(): number {
    return this.#total;
  }

  /** How many of them had no answer. */
  get censoredTotal(): number {
    return this.#censoredTotal;
  }

  /** How many of them were above an hour. */
  get clamped(): number {
    return this.#clamped;
  }

  /** Exact, in nanoseconds; 0 when empty. */
  get min(): number {
    return this.#total === 0 ? 0 : this.#min;
  }

  /** Exact, in nanoseconds, the time waited for those without an answer; 0 when empty. */
  get max(): number {
    return this.#max;
  }

  /** Exact, in nanoseconds, the time waited for those without an answer; NaN when empty. */
  get mean(): number {
    return this.#sum / this.#total;
  }

  /** The value that `percentile` percent of the operations did not exceed. */
  percentile(percentile: number): PercentileBounds {
    if (this.#total === 0) return { lower: Number.NaN, upper: Number.NaN };
    const rank = rankOf(percentile, this.#total);
    const lower = this.#valueAt(rank, undefined);
    if (!this.#censored || this.#censoredTotal === 0) return { lower, upper: lower };
    const answered = this.#total - this.#censoredTotal;
    return { lower, upper: rank > answered ? Number.POSITIVE_INFINITY : this.#valueAt(rank, this.#censored) };
  }

  /** How many operations lie beyond a percentile's rank: what the percentile can be trusted by. */
  countBeyond(percentile: number): number {
    return this.#total === 0 ? 0 : this.#total - rankOf(percentile, this.#total);
  }

  #valueAt(rank: number, without: Float64Array | undefined): number {
    const last = bucketOf(Math.min(this.#max, HIGHEST_TRACKABLE_NS));
    let seen = 0;
    for (let bucket = bucketOf(Math.min(this.#min, HIGHEST_TRACKABLE_NS)); bucket < last; bucket++) {
      seen += this.#counts[bucket]! - (without ? without[bucket]! : 0);
      if (seen >= rank) return highestOf(bucket);
    }
    return this.#max;
  }

  /** Calls with the lowest value of every bucket in use, in ascending order, and how many it counted. */
  forEachBucket(visit: (lowestNs: number, count: number) => void): void {
    const [low, high] = usedStretch(this.#counts, this.#min, this.#max);
    for (let bucket = low; bucket <= high; bucket++) {
      const count = this.#counts[bucket]!;
      if (count > 0) visit(lowestOf(bucket), count);
    }
  }

  /** What was counted so far, as it travels between threads. */
  snapshot(): HistogramSnapshot {
    const [low, high] = usedStretch(this.#counts, this.#min, this.#max);
    const counts = this.#counts.slice(low, high + 1);
    return {
      lowIndex: low,
      counts,
      total: this.#total,
      min: this.min,
      max: this.#max,
      sum: this.#sum,
      ...(this.#clamped > 0 && { clamped: this.#clamped }),
      ...(this.#censored &&
        this.#censoredTotal > 0 && { censored: trimmed(this.#censored, low, high, this.#censoredTotal) }),
    };
  }

  /** The snapshot, after which the histogram is empty; `undefined` when it was empty already. */
  takeSnapshot(): HistogramSnapshot | undefined {
    if (this.#total === 0) return undefined;
    const snapshot = this.snapshot();
    const end = snapshot.lowIndex + snapshot.counts.length;
    this.#counts.fill(0, snapshot.lowIndex, end);
    this.#censored?.fill(0, snapshot.lowIndex, end);
    this.#total = this.#censoredTotal = this.#clamped = this.#max = this.#sum = 0;
    this.#min = Number.POSITIVE_INFINITY;
    return snapshot;
  }
}

/** Which operation, counted from 1 in ascending order, decides a percentile. */
function rankOf(percentile: number, total: number): number {
  const exact = (Math.min(Math.max(percentile, 0), 100) / 100) * total;
  // 99.9 % of 10,000 comes out an ulp above 9,990, and must not skip an operation for it.
  return Math.max(1, Math.ceil(exact - exact * 2 ** -50));
}

function addInto(
  counts: Float64Array,
  from: { readonly lowIndex: number; readonly counts: Float64Array },
): void {
  for (let i = 0; i < from.counts.length; i++) counts[from.lowIndex + i]! += from.counts[i]!;
}

/** First and last bucket between a minimum and a maximum; [0, -1] when nothing was counted. */
function usedStretch(counts: Float64Array, min: number, max: number): [number, number] {
  if (min > max) return [0, -1];
  const low = bucketOf(Math.min(min, HIGHEST_TRACKABLE_NS));
  return [low, Math.min(bucketOf(Math.min(max, HIGHEST_TRACKABLE_NS)), counts.length - 1)];
}

function trimmed(counts: Float64Array, low: number, high: number, total: number) {
  while (low < high && counts[low] === 0) low++;
  while (high > low && counts[high] === 0) high--;
  return { lowIndex: low, counts: counts.slice(low, high + 1), total };
}
