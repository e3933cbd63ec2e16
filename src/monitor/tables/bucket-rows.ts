import type { MetricExemplar, MetricSample } from '../../contracts/metric.js';
import { grown } from './grown.js';

/** Histograms over the same bounds, one a row, flat; rows come when they are needed. */
export class BucketRows {
  readonly #bounds: Float64Array;
  /** The last column counts what lies above every bound. */
  readonly #columns: number;
  #counts = new Float64Array(0);
  #sums = new Float64Array(0);

  /** @param bounds upper ones, ascending, in the unit of the metric */
  constructor(bounds: readonly number[]) {
    this.#bounds = Float64Array.from(bounds);
    this.#columns = bounds.length + 1;
  }

  /** Counts a value; returns its column. The hot path. */
  observe(row: number, value: number): number {
    if (row >= this.#sums.length) this.#grow(row + 1);
    const bounds = this.#bounds;
    let low = 0;
    let high = bounds.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (value > bounds[middle]!) low = middle + 1;
      else high = middle;
    }
    this.#counts[row * this.#columns + low]!++;
    this.#sums[row]! += value;
    return low;
  }

  /** What a row has to show, at one moment, with labels of its own beside `le`. */
  samples(
    row: number,
    labels: Readonly<Record<string, string>>,
    exemplarOf?: (column: number) => MetricExemplar | undefined,
  ): MetricSample[] {
    const samples: MetricSample[] = [];
    let count = 0;
    const isKnown = row < this.#sums.length;
    for (let column = 0; column < this.#columns; column++) {
      if (isKnown) count += this.#counts[row * this.#columns + column]!;
      const bound = this.#bounds[column];
      const le = bound === undefined ? '+Inf' : String(bound);
      const exemplar = exemplarOf?.(column);
      samples.push({
        ...{ suffix: '_bucket', labels: { ...labels, le }, value: count },
        ...(exemplar && { exemplar }),
      });
    }
    samples.push({ suffix: '_sum', labels, value: isKnown ? this.#sums[row]! : 0 });
    samples.push({ suffix: '_count', labels, value: count });
    return samples;
  }

  #grow(needed: number): void {
    const rows = Math.max(needed, 2 * this.#sums.length, 8);
    this.#counts = grown(this.#counts, rows * this.#columns);
    this.#sums = grown(this.#sums, rows);
  }
}
