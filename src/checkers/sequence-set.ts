/** A set of whole numbers from 0 up to a highest one below 2^32, at a bit each. */
export class SequenceSet {
  readonly #bits: Uint8Array;
  #size = 0;

  constructor(readonly highest: number) {
    this.#bits = new Uint8Array((Math.max(0, highest) >>> 3) + 1);
  }

  /** How many numbers are in it. */
  get size(): number {
    return this.#size;
  }

  /**
   * The number must be a whole one from 0 to `highest`.
   * @returns false when it was in the set already
   */
  add(number: number): boolean {
    const at = number >>> 3;
    const bit = 1 << (number & 7);
    const bits = this.#bits[at]!;
    if (bits & bit) return false;
    this.#bits[at] = bits | bit;
    this.#size++;
    return true;
  }

  /** False for what is beyond the highest, too. */
  has(number: number): boolean {
    return (this.#bits[number >>> 3]! & (1 << (number & 7))) !== 0;
  }
}
