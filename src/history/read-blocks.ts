import type { ReadBlock } from '../contracts/history.js';

const BLOCK_MESSAGES = 65_536;
const MOST_OFFSET = 2 ** 32 - 1;
/** A stamp can count further than any writer of ours does: all from here on are none of its operations. */
const NOT_OURS = 2 ** 32 - 1;

interface OpenBlock {
  count: number;
  readonly baseSequence: number;
  readonly offset: Uint32Array;
  readonly writer: Uint16Array;
  readonly sequence: Uint32Array;
  readonly digest: Uint32Array;
}

/** What was read from a stream, in blocks of columns: fourteen bytes a message instead of an object. */
export class ReadBlocks {
  readonly #blocks: OpenBlock[] = [];
  #count = 0;

  get blocks(): readonly ReadBlock[] {
    return this.#blocks;
  }

  /** Of all blocks together. */
  get count(): number {
    return this.#count;
  }

  /** The hot path. Stream sequences come in ascending order; those of a batch are equal. */
  add(writer: number, sequence: number, streamSequence: number, digest: number): void {
    let block = this.#blocks.at(-1);
    if (
      block === undefined ||
      block.count === BLOCK_MESSAGES ||
      streamSequence - block.baseSequence > MOST_OFFSET
    ) {
      block = openBlock(streamSequence);
      this.#blocks.push(block);
    }
    const at = block.count++;
    block.offset[at] = streamSequence - block.baseSequence;
    block.writer[at] = writer;
    block.sequence[at] = Math.min(sequence, NOT_OURS);
    block.digest[at] = digest;
    this.#count++;
  }
}

const openBlock = (baseSequence: number): OpenBlock => ({
  count: 0,
  baseSequence,
  offset: new Uint32Array(BLOCK_MESSAGES),
  writer: new Uint16Array(BLOCK_MESSAGES),
  sequence: new Uint32Array(BLOCK_MESSAGES),
  digest: new Uint32Array(BLOCK_MESSAGES),
});
