import type { Random } from '../../base/random.js';

const TWO_32 = 2 ** 32;
const ROUNDS = 4;

/**
 * A hundred and twenty-eight bits for each event: random to look at, and the same for the same stream. The first
 * sixty-four are a permutation of the writer and its sequence (a Feistel network), hence different for any two events of
 * writers that share the stream; the others are a hash of them.
 */
export class EventBits {
  /** What `of` made last, as signed numbers of 32 bits. */
  a = 0;
  b = 0;
  c = 0;
  d = 0;
  readonly #keys: Int32Array;

  constructor(random: Random) {
    this.#keys = Int32Array.from({ length: ROUNDS + 2 }, () => random.below(TWO_32) | 0);
  }

  of(writer: number, sequence: number): void {
    const keys = this.#keys;
    let left = sequence | 0;
    let right = (writer << 8) | ((sequence / TWO_32) & 0xff);
    for (let round = 0; round < ROUNDS; round++) {
      const mixed = left ^ mix(right ^ keys[round]!);
      left = right;
      right = mixed;
    }
    // Signed: what is larger than 2^31 would become an object.
    this.a = left;
    this.b = right;
    this.c = mix(left ^ Math.imul(right, 0x2c1b3c6d) ^ keys[ROUNDS]!);
    this.d = mix(right ^ Math.imul(left, 0x297a2d39) ^ keys[ROUNDS + 1]!);
  }
}

/** Spreads every bit over all others (the finalizer of Austin Appleby's MurmurHash3). */
function mix(value: number): number {
  let bits = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}
