import type { ReadBlock, StreamRead } from '../contracts/history.js';

/** What a read says of one stream sequence. */
export interface ReadMessage {
  readonly writer: number;
  readonly sequence: number;
  readonly digest: number;
}

/** The message at a stream sequence; of a batch its first event. */
export function findInRead({ blocks }: StreamRead, place: number): ReadMessage | undefined {
  let low = 0;
  let high = blocks.length - 1;
  // The first block that begins at or after the place may hold it, or the one before.
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (blocks[middle]!.baseSequence < place) low = middle;
    else high = middle - 1;
  }
  return findInBlock(blocks[low], place) ?? findInBlock(blocks[low + 1], place);
}

function findInBlock(block: ReadBlock | undefined, place: number): ReadMessage | undefined {
  if (block === undefined || block.count === 0) return undefined;
  const offset = place - block.baseSequence;
  if (offset < 0) return undefined;
  let low = 0;
  let high = block.count - 1;
  // Where nothing is missing it is right there.
  if (offset <= high && block.offset[offset] === offset && (offset === 0 || block.offset[offset - 1]! < offset)) {
    low = offset;
  } else {
    while (low < high) {
      const middle = (low + high) >> 1;
      if (block.offset[middle]! < offset) low = middle + 1;
      else high = middle;
    }
  }
  if (block.offset[low] !== offset) return undefined;
  return { writer: block.writer[low]!, sequence: block.sequence[low]!, digest: block.digest[low]! };
}

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
