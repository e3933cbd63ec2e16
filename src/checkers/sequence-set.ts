/** A set of whole numbers from 0 up to a highest one, at a bit each. */
export class SequenceSet {
  readonly #bits: Uint8Array;
  #size = 0;

  constructor(readonly highest: number) {
    this.#bits = new Uint8Array(Math.floor(highest / 8) + 1);
  }

  /** How many numbers are in it. */
  get size(): number {
    return this.#size;
  }

  /** The number must be a whole one from 0 to `highest`. */
  add(number: number): void {
    const at = Math.floor(number / 8);
    const bit = 1 << (number % 8);
    if (this.#bits[at]! & bit) return;
    this.#bits[at]! |= bit;
    this.#size++;
  }

  has(number: number): boolean {
    return (this.#bits[Math.floor(number / 8)]! & (1 << (number % 8))) !== 0;
  }
}
