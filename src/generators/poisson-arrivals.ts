import { IndexedRandom } from '../base/indexed-random.js';
import type { Arrivals } from './arrivals.js';

/** A stretch with so many operations or fewer is drawn at once. */
const LEAF = 32;
/** Halving further would leave nothing to halve; no schedule comes near. */
const DEEPEST = 52;
/** Up to here the throws of a coin are counted; beyond, their bell curve is as good. */
const COINS = 1024;

/**
 * Independent arrivals: `total` operations, each anywhere between 0 and `span` with the same chance. That is a Poisson
 * process of which is known how many arrivals it has, so that the mean rate is kept to the operation.
 *
 * Nothing is stored for an operation, and any can be asked for at any time: the axis is halved again and again, a stretch
 * that holds n operations has a binomial share of them in its first half, and the share of each stretch is drawn from the
 * seed and the stretch alone. A stretch of a few operations has them where the gaps of n + 1 independent exponential
 * times, stretched to fit, put them. The way down to the last stretch asked for is kept: the next is mostly beside it.
 */
export class PoissonArrivals implements Arrivals {
  readonly #total: number;
  readonly #span: number;
  readonly #random: IndexedRandom;
  /** The way down, by depth: number of the stretch, its first operation, how many it holds, where it begins, its length. */
  readonly #stretch = new Float64Array(DEEPEST + 1);
  readonly #first = new Float64Array(DEEPEST + 1);
  readonly #count = new Float64Array(DEEPEST + 1);
  readonly #from = new Float64Array(DEEPEST + 1);
  readonly #length = new Float64Array(DEEPEST + 1);
  #depth = 0;
  /** The last stretch that was drawn. */
  #leafFirst = 0;
  #leafEnd = 0;
  #positions = new Float64Array(LEAF);

  constructor(total: number, span: number, seed: number, name: string) {
    this.#total = total;
    this.#span = span;
    this.#random = new IndexedRandom(seed, name);
    this.#stretch[0] = 1;
    this.#count[0] = total;
    this.#length[0] = span;
    this.#descend(0, -1);
  }

  positionOf(index: number): number {
    if (index < this.#leafFirst || index >= this.#leafEnd) this.#seekOperation(index);
    return this.#positions[index - this.#leafFirst]!;
  }

  countUpTo(position: number): number {
    if (position < 0) return 0;
    if (position >= this.#span) return this.#total;
    this.#seekPosition(position);
    let count = this.#leafFirst;
    while (count < this.#leafEnd && this.#positions[count - this.#leafFirst]! <= position) count++;
    return count;
  }

  #seekOperation(index: number): void {
    let depth = this.#depth;
    while (
      depth > 0 &&
      !(index >= this.#first[depth]! && index < this.#first[depth]! + this.#count[depth]!)
    ) {
      depth--;
    }
    while (this.#isSplit(depth)) {
      const first = this.#first[depth]!;
      const left = this.#leftShare(depth);
      depth = this.#enter(depth, left, index >= first + left);
    }
    this.#draw(depth);
  }

  #seekPosition(position: number): void {
    let depth = this.#depth;
    while (
      depth > 0 &&
      !(position >= this.#from[depth]! && position < this.#from[depth]! + this.#length[depth]!)
    ) {
      depth--;
    }
    if (depth === this.#depth) return;
    this.#descend(depth, position);
  }

  #descend(from: number, position: number): void {
    let depth = from;
    while (this.#isSplit(depth)) {
      const middle = this.#from[depth]! + this.#length[depth]! / 2;
      depth = this.#enter(depth, this.#leftShare(depth), position >= middle);
    }
    this.#draw(depth);
  }

  #isSplit(depth: number): boolean {
    return this.#count[depth]! > LEAF && depth < DEEPEST;
  }

  /** Goes into one half of the stretch at `depth`; returns the depth of that. */
  #enter(depth: number, left: number, isRight: boolean): number {
    const half = this.#length[depth]! / 2;
    const into = depth + 1;
    this.#stretch[into] = this.#stretch[depth]! * 2 + (isRight ? 1 : 0);
    this.#first[into] = this.#first[depth]! + (isRight ? left : 0);
    this.#count[into] = isRight ? this.#count[depth]! - left : left;
    this.#from[into] = this.#from[depth]! + (isRight ? half : 0);
    this.#length[into] = half;
    return into;
  }

  /** How many of a stretch's operations are in its first half: as many heads as n coins show. */
  #leftShare(depth: number): number {
    const random = this.#random;
    const count = this.#count[depth]!;
    random.seek(this.#stretch[depth]!);
    if (count > COINS) {
      const bell = Math.sqrt(-2 * Math.log(random.next())) * Math.cos(2 * Math.PI * random.next());
      const share = Math.round((count + Math.sqrt(count) * bell) / 2);
      return Math.min(count, Math.max(0, share));
    }
    let heads = 0;
    let left = count;
    for (; left >= 32; left -= 32) heads += onesOf(random.bits());
    return left > 0 ? heads + onesOf(random.bits() >>> (32 - left)) : heads;
  }

  /** Puts the operations of a stretch where they stand. */
  #draw(depth: number): void {
    const random = this.#random;
    const count = this.#count[depth]!;
    this.#depth = depth;
    this.#leafFirst = this.#first[depth]!;
    this.#leafEnd = this.#leafFirst + count;
    if (count > this.#positions.length) this.#positions = new Float64Array(count);
    const positions = this.#positions;
    random.seek(this.#stretch[depth]!);
    let sum = 0;
    for (let i = 0; i < count; i++) {
      sum -= Math.log(random.next());
      positions[i] = sum;
    }
    sum -= Math.log(random.next());
    const from = this.#from[depth]!;
    const scale = this.#length[depth]! / sum;
    for (let i = 0; i < count; i++) positions[i] = from + positions[i]! * scale;
  }
}

/** How many of 32 bits are ones. */
function onesOf(bits: number): number {
  let n = bits - ((bits >>> 1) & 0x55555555);
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333);
  return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
