/** How many chunks of memory may be held, by what is available: never at the cost of the reserve. */
export class MemoryShare {
  held = 0;
  gaveBack = 0;
  readonly #wanted: number;
  readonly #reserveBytes: number;
  readonly #chunkBytes: number;

  constructor(wantedBytes: number, reserveBytes: number, chunkBytes: number) {
    this.#wanted = Math.ceil(wantedBytes / chunkBytes);
    this.#reserveBytes = reserveBytes;
    this.#chunkBytes = chunkBytes;
  }

  /** How many chunks to take now, `most` of them, or, below zero, to give back: it is then as if that were done. */
  adjust(availableBytes: number, most: number): number {
    const spare = Math.floor((availableBytes - this.#reserveBytes) / this.#chunkBytes);
    if (spare < 0) {
      const less = Math.min(this.held, -spare);
      this.held -= less;
      this.gaveBack += less;
      return -less;
    }
    // What was given back is others' now: it is not fought for.
    const more = Math.max(0, Math.min(this.#wanted - this.gaveBack - this.held, spare, most));
    this.held += more;
    return more;
  }
}
