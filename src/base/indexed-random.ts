import { textHash } from './random.js';

const TWO_32 = 2 ** 32;
/** After so many draws no trace of the seed is left in them, as the generator's author advises. */
const MIX_ROUNDS = 12;

/**
 * Seeded randomness by number: `seek(n)` puts it at the beginning of the n-th of 2^53 independent streams, so that what
 * was drawn for n once can be drawn again at any time and in any order. Allocates nothing. The generator is sfc32
 * (Chris Doty-Humphrey, PractRand).
 */
export class IndexedRandom {
  readonly #seedA: number;
  readonly #seedB: number;
  readonly #seedC: number;
  #a = 0;
  #b = 0;
  #c = 0;
  #counter = 0;

  constructor(seed: number, name: string) {
    const key = `${seed}/${name}`;
    this.#seedA = textHash(key, 0x811c9dc5);
    this.#seedB = textHash(key, 0x9e3779b9);
    this.#seedC = textHash(key, 0x85ebca6b);
  }

  /** @param index a whole number from 0 to 2^53 */
  seek(index: number): void {
    this.#a = this.#seedA ^ index;
    this.#b = this.#seedB ^ (index / TWO_32);
    this.#c = this.#seedC;
    this.#counter = 1;
    for (let round = 0; round < MIX_ROUNDS; round++) this.bits();
  }

  /** 32 random bits, as a signed number. */
  bits(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum;
  }

  /** A double above 0 and below 1. */
  next(): number {
    return ((this.bits() >>> 0) + 0.5) / TWO_32;
  }
}
