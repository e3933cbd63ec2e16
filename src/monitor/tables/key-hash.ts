import { nowNs } from '../../base/clock.js';

/** Another one at each start, so that nobody can choose keys that meet in one chain. */
const SEED = nowNs() | 0;

const C1 = 0xcc9e2d51 | 0;
const C2 = 0x1b873593;
const F1 = 0x85ebca6b | 0;
const F2 = 0xc2b2ae35 | 0;

/**
 * Sixty-four bits that stand for a key of any length, made of parts one after the other (after MurmurHash3 of Austin
 * Appleby, two lanes). Among a million keys, two are taken for one with a chance of one in thirty million.
 */
export class KeyHash {
  a = 0;
  b = 0;
  #bytes = 0;

  /** Begins a key; keys of another kind do not meet those of this one. */
  begin(kind: number): void {
    this.a = SEED ^ kind;
    this.b = Math.imul(SEED, F1) ^ Math.imul(kind, C1);
    this.#bytes = 0;
  }

  /** The bytes in [start, end); where a part ends is part of the key. */
  bytes(buffer: Uint8Array, start: number, end: number): void {
    let a = this.a;
    let b = this.b;
    let at = start;
    for (; at + 4 <= end; at += 4) {
      const word = buffer[at]! | (buffer[at + 1]! << 8) | (buffer[at + 2]! << 16) | (buffer[at + 3]! << 24);
      let k = Math.imul(word, C1);
      k = Math.imul((k << 15) | (k >>> 17), C2);
      a ^= k;
      a = (Math.imul((a << 13) | (a >>> 19), 5) + 0xe6546b64) | 0;
      k = Math.imul(word, C2);
      k = Math.imul((k << 17) | (k >>> 15), C1);
      b ^= k;
      b = (Math.imul((b << 19) | (b >>> 13), 9) + 0x38495ab5) | 0;
    }
    let rest = 0;
    for (; at < end; at++) rest = (rest << 8) | buffer[at]!;
    this.a = a;
    this.b = b;
    this.number(rest);
    this.number(end - start);
  }

  /** A part that is a whole number of 32 bits. */
  number(word: number): void {
    let k = Math.imul(word, C1);
    k = Math.imul((k << 15) | (k >>> 17), C2);
    const a = this.a ^ k;
    this.a = (Math.imul((a << 13) | (a >>> 19), 5) + 0xe6546b64) | 0;
    k = Math.imul(word, C2);
    k = Math.imul((k << 17) | (k >>> 15), C1);
    const b = this.b ^ k;
    this.b = (Math.imul((b << 19) | (b >>> 13), 9) + 0x38495ab5) | 0;
    this.#bytes += 4;
  }

  /** After the last part: `a` and `b` are the key. */
  end(): void {
    let a = this.a ^ this.#bytes;
    let b = this.b ^ this.#bytes;
    a = (a + b) | 0;
    b = (b + a) | 0;
    a = mixed(a);
    b = mixed(b);
    this.a = (a + b) | 0;
    this.b = (b + this.a) | 0;
  }
}

function mixed(hash: number): number {
  hash ^= hash >>> 16;
  hash = Math.imul(hash, F1);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, F2);
  return hash ^ (hash >>> 16);
}
