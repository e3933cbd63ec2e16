import type { MetricSample } from '../../contracts/metric.js';
import { CLOCK_GRAIN_NS } from '../lag-account.js';
import { BucketRows } from '../tables/bucket-rows.js';
import { grown } from '../tables/grown.js';
import { KeyHash } from '../tables/key-hash.js';
import { KeyTable, NONE } from '../tables/key-table.js';
import type { DeclaredMetric } from './metrics-schema.js';

type Labels = Readonly<Record<string, string>>;

/** The row of all that have no room for one of their own. */
const OTHER_ROW = 0;

/** The figures of one metric: a row for each combination of labels, at most so many; the rest are `other`. */
export class MetricRows {
  /** Events that went to `other` for want of room. */
  dropped = 0;
  readonly #keys: KeyTable;
  readonly #histogram: BucketRows | undefined;
  readonly #onePer: readonly string[] | undefined;
  /** By the labels in which combinations exclude each other: the row that is shown. */
  readonly #shown = new Map<string, number>();
  /** By row; undefined for one that is not there. */
  readonly #labels: (Labels | undefined)[];
  /** What reads the same is one series, in whichever bytes it is written. */
  readonly #byText = new Map<string, number>();
  /** 1 for a row that something was told of. */
  #isTold = new Uint8Array(8);
  #values = new Float64Array(8);
  /** Of a running total, what was told last. */
  #totals = new Float64Array(8);
  #toldNs = new Float64Array(8);
  /** When the total that was told last was so, where its events say when they happened; 0: nobody knows. */
  #totalAtNs = new Float64Array(8);

  constructor(metric: DeclaredMetric) {
    const names = Object.keys(metric.labels);
    const other = Object.fromEntries(names.map((name) => [name, 'other']));
    this.#keys = new KeyTable(metric['max-series']);
    this.#histogram = metric.buckets && new BucketRows(metric.buckets);
    this.#onePer = metric['one-per'];
    this.#labels = [other];
    if (names.length > 0) this.#byText.set(textOf(other), OTHER_ROW);
    else if (metric.type === 'counter') this.#tellNothingYet();
  }

  /** A counter without labels is known before its first event: at 0. */
  #tellNothingYet(): void {
    const key = new KeyHash();
    key.begin(0);
    key.end();
    this.#isTold[this.add(key, {})] = 1;
  }

  /** The row of a key; NONE for one that is not known. The hot path. */
  find(key: KeyHash): number {
    const slot = this.#keys.find(key);
    return slot === NONE ? NONE : slot + 1;
  }

  /** The row of a key that is not known: that of the same labels, a new one, or `other`. */
  add(key: KeyHash, labels: Labels): number {
    const text = textOf(labels);
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    const slot = this.#keys.add(key);
    if (slot === NONE) {
      this.dropped++;
      return OTHER_ROW;
    }
    const row = slot + 1;
    if (row >= this.#values.length) this.#grow(row);
    this.#labels[row] = labels;
    this.#byText.set(text, row);
    return row;
  }

  increase(row: number, by: number, atNs: number): void {
    this.#values[row]! += by;
    this.#tell(row, atNs);
  }

  /**
   * A running total: where it falls, its teller has begun anew, unless what it tells is old. Those of several tellers have no
   * sum that is known.
   *
   * @param happenedNs when it was so; NaN where that is not known
   */
  raiseTo(row: number, total: number, atNs: number, happenedNs: number): void {
    if (row === OTHER_ROW) return;
    const before = this.#totals[row]!;
    const lateNs = this.#totalAtNs[row]! - happenedNs;
    if (lateNs > CLOCK_GRAIN_NS || (total < before && lateNs >= 0)) return;
    this.#totalAtNs[row] = Number.isNaN(happenedNs) ? 0 : happenedNs;
    this.#totals[row] = total;
    this.increase(row, total >= before ? total - before : total, atNs);
  }

  set(row: number, value: number, atNs: number): void {
    if (this.#onePer !== undefined && this.#isTold[row] === 0 && row !== OTHER_ROW) this.#takePlace(row);
    this.#values[row] = value;
    this.#tell(row, atNs);
  }

  observe(row: number, value: number, atNs: number): void {
    this.#histogram?.observe(row, value);
    this.#tell(row, atNs);
  }

  /** Takes away what has these labels; of those that exclude each other, the one that is shown. */
  removeAsked(labels: Labels): void {
    const row = this.#onePer ? this.#shown.get(this.#groupOf(labels)) : this.#byText.get(textOf(labels));
    if (row !== undefined) this.#remove(row);
  }

  /** It is not shown until something is told of it again. */
  #remove(row: number): void {
    this.#isTold[row] = 0;
    this.#values[row] = 0;
    if (row === OTHER_ROW) return;
    const labels = this.#labels[row] as Labels;
    this.#byText.delete(textOf(labels));
    const group = this.#groupOf(labels);
    if (this.#shown.get(group) === row) this.#shown.delete(group);
    this.#labels[row] = undefined;
    this.#keys.remove(row - 1);
  }

  /** Those of which nothing was told for too long go away. */
  expire(isTooLong: (toldNs: number) => boolean): void {
    for (let row = 0; row < this.#labels.length; row++) {
      if (this.#isTold[row] === 1 && isTooLong(this.#toldNs[row]!)) this.#remove(row);
    }
  }

  /** Of those that there are when the first is asked for: what goes away and comes again between two of them would be there twice. */
  *samples(): Iterable<MetricSample> {
    for (const [row, labels] of [...this.#labels].entries()) {
      if (labels === undefined || this.#labels[row] !== labels || this.#isTold[row] === 0) continue;
      if (this.#histogram === undefined) yield { labels, value: this.#values[row]! };
      else yield* this.#histogram.samples(row, labels);
    }
  }

  #tell(row: number, atNs: number): void {
    this.#isTold[row] = 1;
    this.#toldNs[row] = atNs;
  }

  #takePlace(row: number): void {
    const group = this.#groupOf(this.#labels[row] as Labels);
    const before = this.#shown.get(group);
    if (before !== undefined && before !== row) this.#remove(before);
    this.#shown.set(group, row);
  }

  #groupOf(labels: Labels): string {
    return JSON.stringify((this.#onePer ?? []).map((name) => labels[name]));
  }

  #grow(row: number): void {
    const rows = Math.max(row + 1, 2 * this.#values.length);
    this.#isTold = grown(this.#isTold, rows);
    this.#values = grown(this.#values, rows);
    this.#totals = grown(this.#totals, rows);
    this.#toldNs = grown(this.#toldNs, rows);
    this.#totalAtNs = grown(this.#totalAtNs, rows);
  }
}

const textOf = (labels: Labels): string => JSON.stringify(Object.values(labels));
