import type { FrameBlock } from './frame-block.js';

/**
 * Blocks of frames, used round and round. A block comes to its turn again only when the kernel has all that was
 * written of it.
 */
export abstract class FrameRing {
  /** Header and payload of the largest message: what a server's max_payload is about. */
  abstract readonly largestMessageBytes: number;
  /** Of one message, in the mean. */
  abstract readonly meanPayloadBytes: number;
  readonly blocks: readonly FrameBlock[];
  /** The block whose frames are next. */
  block: FrameBlock;
  /** The next frame within it. */
  frame = 0;
  #at = 0;
  #isReady = false;

  /** Of at least two blocks, so that one is filled while another is on its way. */
  constructor(blocks: readonly FrameBlock[]) {
    this.blocks = blocks;
    this.block = blocks[0]!;
  }

  /** Makes a block ready for its turn; where frames are encoded once, they are. */
  protected prepare(_block: FrameBlock): void {}

  /** Ends what the ring holds open. */
  close(): void {}

  /** How many frames can be stamped and written now, in one write; 0 when the next block is still on its way. */
  get room(): number {
    if (!this.#isReady) {
      if (this.block.pendingWrites > 0) return 0;
      this.prepare(this.block);
      this.#isReady = true;
    }
    return this.block.count - this.frame;
  }

  /** The bytes of the next `count` frames, which were stamped; moves on behind them. Counts one pending write. */
  take(count: number): Buffer {
    const { block, frame } = this;
    const start = frame === 0 ? 0 : block.frameEnd[frame - 1]!;
    const bytes = block.bytes.subarray(start, block.frameEnd[frame + count - 1]!);
    block.pendingWrites++;
    this.pass(count);
    return bytes;
  }

  /** Moves on behind the next `count` frames, at most what there is room for, without writing them. */
  pass(count: number): void {
    this.frame += count;
    if (this.frame < this.block.count) return;
    this.frame = 0;
    this.#at = (this.#at + 1) % this.blocks.length;
    this.block = this.blocks[this.#at]!;
    this.#isReady = false;
  }

  /** Moves on behind the next `count` frames, however many they are: those that are not encoded yet never will be. */
  skip(count: number): void {
    const encoded = this.#isReady ? Math.min(count, this.block.count - this.frame) : 0;
    if (encoded > 0) this.pass(encoded);
    this.skipUnencoded(count - encoded);
  }

  /** Where frames are encoded while the ring turns: those of the next `count` messages never are. */
  protected skipUnencoded(_count: number): void {}
}
