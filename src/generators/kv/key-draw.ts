import type { Random } from '../../base/random.js';

/**
 * Draws keys: all alike, or by Zipf's law, key i with a probability proportional to 1/(i+1)^skew, as YCSB does
 * (Cooper et al., Benchmarking Cloud Serving Systems with YCSB, 2010), by search in the cumulated distribution.
 */
export class KeyDraw {
  readonly #keys: number;
  readonly #random: Random;
  readonly #cumulated: Float64Array | undefined;

  constructor(keys: number, skew: number, random: Random) {
    this.#keys = keys;
    this.#random = random;
    if (skew > 0) this.#cumulated = cumulate(keys, skew);
  }

  next(): number {
    const cumulated = this.#cumulated;
    if (!cumulated) return this.#random.below(this.#keys);
    const sought = this.#random.next() * cumulated[cumulated.length - 1]!;
    let low = 0;
    let high = cumulated.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (cumulated[middle]! > sought) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function cumulate(keys: number, skew: number): Float64Array {
  const cumulated = new Float64Array(keys);
  let sum = 0;
  for (let i = 0; i < keys; i++) {
    sum += (i + 1) ** -skew;
    cumulated[i] = sum;
  }
  return cumulated;
}
