import { grown } from './grown.js';

/** Numbers by row, zero until they are told: counters and levels, one for each value of a label. */
export class Figures {
  #values = new Float64Array(8);

  /** The hot path. */
  add(row: number, difference: number): void {
    if (row >= this.#values.length) this.#grow(row);
    this.#values[row]! += difference;
  }

  set(row: number, value: number): void {
    if (row >= this.#values.length) this.#grow(row);
    this.#values[row] = value;
  }

  /** Sets what is lower. */
  raise(row: number, value: number): void {
    if (value > this.of(row)) this.set(row, value);
  }

  of(row: number): number {
    return row < this.#values.length ? this.#values[row]! : 0;
  }

  #grow(row: number): void {
    this.#values = grown(this.#values, Math.max(row + 1, 2 * this.#values.length));
  }
}
