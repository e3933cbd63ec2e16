const PAGE_BITS = 12;
const PAGE = 2 ** PAGE_BITS;

/** Numbers by a whole number of any size, such as a stream sequence: memory is that of the pages that are used. */
export class PagedTable {
  readonly #pages = new Map<number, Float64Array>();
  #lastNumber = -1;
  #lastPage: Float64Array | undefined;

  /** @param empty what stands where nothing was set */
  constructor(readonly empty: number) {}

  get(at: number): number {
    const number = Math.floor(at / PAGE);
    if (number !== this.#lastNumber) {
      const page = this.#pages.get(number);
      if (page === undefined) return this.empty;
      this.#lastNumber = number;
      this.#lastPage = page;
    }
    return this.#lastPage![at - number * PAGE]!;
  }

  /** @param at a whole number from 0 on */
  set(at: number, value: number): void {
    const number = Math.floor(at / PAGE);
    if (number !== this.#lastNumber) {
      const page = this.#pages.get(number) ?? new Float64Array(PAGE).fill(this.empty);
      this.#pages.set(number, page);
      this.#lastNumber = number;
      this.#lastPage = page;
    }
    this.#lastPage![at - number * PAGE] = value;
  }

  /** What was set, by ascending number. */
  forEach(visit: (value: number, at: number) => void): void {
    for (const number of [...this.#pages.keys()].sort((a, b) => a - b)) {
      const page = this.#pages.get(number)!;
      for (let i = 0; i < PAGE; i++) if (page[i] !== this.empty) visit(page[i]!, number * PAGE + i);
    }
  }
}
