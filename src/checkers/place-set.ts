const PAGE_BITS = 2 ** 16;

/** A set of stream sequences, wherever they begin: a bit each, of the pages that are used. */
export class PlaceSet {
  readonly #pages = new Map<number, Uint8Array>();
  #lastNumber = -1;
  #lastPage: Uint8Array = new Uint8Array(0);

  /** @returns false when it was in the set already */
  add(place: number): boolean {
    const number = Math.floor(place / PAGE_BITS);
    if (number !== this.#lastNumber) this.#turnTo(number);
    const at = place - number * PAGE_BITS;
    const bit = 1 << (at & 7);
    const bits = this.#lastPage[at >>> 3]!;
    if (bits & bit) return false;
    this.#lastPage[at >>> 3] = bits | bit;
    return true;
  }

  has(place: number): boolean {
    const number = Math.floor(place / PAGE_BITS);
    const page = number === this.#lastNumber ? this.#lastPage : this.#pages.get(number);
    const at = place - number * PAGE_BITS;
    return page !== undefined && (page[at >>> 3]! & (1 << (at & 7))) !== 0;
  }

  #turnTo(number: number): void {
    let page = this.#pages.get(number);
    if (page === undefined) {
      page = new Uint8Array(PAGE_BITS / 8);
      this.#pages.set(number, page);
    }
    this.#lastNumber = number;
    this.#lastPage = page;
  }
}
