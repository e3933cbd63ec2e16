import { NS } from '../base/clock.js';

/** Upper bounds of the buckets of `cim_event_lag_seconds`: from a quiet loopback to an election and its backlog. */
export const LAG_BOUNDS_S: readonly number[] = [
  0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];

const BOUNDS_NS = Float64Array.from(LAG_BOUNDS_S, (seconds) => seconds * NS.s);
/** The last column counts what lies above every bound. */
export const LAG_COLUMNS = BOUNDS_NS.length + 1;
const COLUMNS = LAG_COLUMNS;

/** Where to begin to look, by the number of bits of a lag in units of 65.5 µs: no bound before lies as high. */
const FIRST_COLUMN = Uint8Array.from({ length: 33 }, (_, bits) =>
  bits === 0 ? 0 : BOUNDS_NS.filter((bound) => bound < 2 ** (bits + 15)).length,
);

/** Histograms of lag, one a row, flat. */
export class LagBuckets {
  readonly #counts: Float64Array;
  readonly #sumsNs: Float64Array;

  constructor(rows: number) {
    this.#counts = new Float64Array(rows * COLUMNS);
    this.#sumsNs = new Float64Array(rows);
  }

  /** The hot path. */
  observe(row: number, lagNs: number): void {
    this.#counts[row * COLUMNS + this.columnOf(lagNs)]!++;
    this.#sumsNs[row]! += lagNs;
  }

  /** The bucket of a lag, the last one for what lies above every bound. */
  columnOf(lagNs: number): number {
    let column = FIRST_COLUMN[32 - Math.clz32(lagNs / 65_536)]!;
    while (column < BOUNDS_NS.length && lagNs > BOUNDS_NS[column]!) column++;
    return column;
  }

  /** How many of a row lie at or below each bound, and how many there are in all. */
  cumulative(row: number): {
    readonly atOrBelow: readonly number[];
    readonly count: number;
    readonly sumSeconds: number;
  } {
    let count = 0;
    const atOrBelow: number[] = [];
    for (let column = 0; column < COLUMNS; column++) {
      count += this.#counts[row * COLUMNS + column]!;
      if (column < BOUNDS_NS.length) atOrBelow.push(count);
    }
    return { atOrBelow, count, sumSeconds: this.#sumsNs[row]! / NS.s };
  }
}
