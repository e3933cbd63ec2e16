import type { ReadBlock, StreamRead } from '../contracts/history.js';

/** Goes through a read message by message, in ascending stream sequence; what goes back is passed over. */
export class ReadCursor {
  /** Of the message at hand; Infinity when there is none left. */
  place = -1;
  writer = 0;
  sequence = 0;
  digest = 0;
  /** Events with a stamp: more than one in a batch. */
  events = 0;
  readonly #blocks: readonly ReadBlock[];
  #block: ReadBlock | undefined;
  #number = -1;
  #at = 0;

  constructor({ blocks }: StreamRead) {
    this.#blocks = blocks;
    this.#turn();
  }

  /** Comes to the next message. */
  next(): void {
    const last = this.place;
    let place = this.#peek();
    while (place <= last) {
      this.#step();
      place = this.#peek();
    }
    this.place = place;
    if (place === Number.POSITIVE_INFINITY) return;
    const block = this.#block!;
    this.writer = block.writer[this.#at]!;
    this.sequence = block.sequence[this.#at]!;
    this.digest = block.digest[this.#at]!;
    this.events = 1;
    for (this.#step(); this.#peek() === place; this.#step()) {
      const { writer, sequence } = this.#block!;
      // The same once more is not another one.
      if (writer[this.#at] !== this.writer || sequence[this.#at] !== this.sequence) this.events++;
    }
  }

  /** Both at the same place: it is the same message. */
  agreesWith(other: ReadCursor): boolean {
    return (
      this.sequence === other.sequence &&
      this.writer === other.writer &&
      this.digest === other.digest &&
      this.events === other.events
    );
  }

  #peek(): number {
    const block = this.#block;
    return block === undefined ? Number.POSITIVE_INFINITY : block.baseSequence + block.offset[this.#at]!;
  }

  #step(): void {
    if (++this.#at >= this.#block!.count) this.#turn();
  }

  #turn(): void {
    this.#at = 0;
    do {
      this.#block = this.#blocks[++this.#number];
    } while (this.#block !== undefined && this.#block.count === 0);
  }
}
