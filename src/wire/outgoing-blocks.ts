const BLOCK_BYTES = 64 * 1024;
const BLOCKS = 32;

/** Bytes that are put together and written at once. */
export interface OutgoingBlock {
  readonly bytes: Buffer;
  length: number;
  /** Written, and not yet all in the kernel: nothing may be put in. */
  isOut: boolean;
  /** Events in it, by phase, and messages. */
  readonly events: Float64Array;
  readonly messages: Float64Array;
}

/** Blocks to put messages together in, used round and round: each is written once a turn. */
export class OutgoingBlocks {
  readonly #blocks: readonly OutgoingBlock[];
  #at = 0;

  /** @param largestBytes of a message with its control line: what there is always room for in an empty block */
  constructor(largestBytes: number, phases: number) {
    const bytes = Math.max(BLOCK_BYTES, largestBytes);
    this.#blocks = Array.from({ length: BLOCKS }, () => ({
      bytes: Buffer.allocUnsafeSlow(bytes),
      length: 0,
      isOut: false,
      events: new Float64Array(phases),
      messages: new Float64Array(phases),
    }));
  }

  /** The block that is being filled; undefined while it is still on its way. */
  get current(): OutgoingBlock | undefined {
    const block = this.#blocks[this.#at]!;
    return block.isOut ? undefined : block;
  }

  /** The current block is on its way; the next one takes its place. */
  launch(): OutgoingBlock {
    const block = this.#blocks[this.#at]!;
    block.isOut = true;
    this.#at = (this.#at + 1) % this.#blocks.length;
    return block;
  }

  /** The kernel has it: it can be filled again. */
  land(block: OutgoingBlock): void {
    block.isOut = false;
    block.length = 0;
    block.events.fill(0);
    block.messages.fill(0);
  }
}
