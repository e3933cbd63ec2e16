import type { ReadBlock, StreamRead } from '../contracts/history.js';

/** Finds the message at a stream sequence; quickest where one is asked for after the other. */
export class ReadFinder {
  /** Of the message found last; of a batch its first event. */
  writer = 0;
  sequence = 0;
  readonly #blocks: readonly ReadBlock[];
  #last = 0;

  constructor({ blocks }: StreamRead) {
    this.#blocks = blocks;
  }

  /** False when the read holds none there. */
  find(place: number): boolean {
    return this.#findIn(this.#last, place) || this.#search(place);
  }

  #search(place: number): boolean {
    const blocks = this.#blocks;
    let low = 0;
    let high = blocks.length - 1;
    // The last block that begins before the place may hold it, or the one that begins with it.
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (blocks[middle]!.baseSequence < place) low = middle;
      else high = middle - 1;
    }
    return this.#findIn(low, place) || this.#findIn(low + 1, place);
  }

  #findIn(number: number, place: number): boolean {
    const block = this.#blocks[number];
    if (block === undefined || block.count === 0) return false;
    const offset = place - block.baseSequence;
    if (offset < 0 || offset > block.offset[block.count - 1]!) return false;
    const at = firstWith(block, offset);
    if (block.offset[at] !== offset) return false;
    this.#last = number;
    this.writer = block.writer[at]!;
    this.sequence = block.sequence[at]!;
    return true;
  }
}

function firstWith({ offset: offsets, count }: ReadBlock, offset: number): number {
  // Where nothing is missing it is right there.
  if (offset < count && offsets[offset] === offset && (offset === 0 || offsets[offset - 1]! < offset))
    return offset;
  let low = 0;
  let high = count - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (offsets[middle]! < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
