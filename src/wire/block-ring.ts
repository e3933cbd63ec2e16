import type { Random } from '../base/random.js';
import { FrameBlock } from './frame-block.js';
import { type FrameDraft, FrameEncoder, type FrameShape } from './frame-encoder.js';
import { drawMix } from './frame-mix.js';
import { meanSize } from './size-quantile.js';

export interface BlockRingOptions extends FrameShape {
  readonly random: Random;
  /** A block holds as many frames as fit, and at least one. 64 KiB unless told. */
  readonly blockBytes?: number;
  /** 16 unless told; at least two, so that one is filled while another is on its way. */
  readonly blocks?: number;
  /** The ring has a whole multiple of so many frames; 1 unless told. What is fixed per frame then repeats without a seam. */
  readonly framesMultipleOf?: number;
}

/**
 * Blocks of frames that are encoded once and used round and round. A block comes to its turn again only when the kernel
 * has all that was written of it.
 */
export class BlockRing {
  readonly blocks: readonly FrameBlock[];
  /** Header and payload of the largest message: what a server's max_payload is about. */
  readonly largestMessageBytes: number;
  /** Of one round of the ring. */
  readonly meanPayloadBytes: number;
  /** The block whose frames are next. */
  block: FrameBlock;
  /** The next frame within it. */
  frame = 0;
  #at = 0;

  constructor({
    random,
    blockBytes = 64 * 1024,
    blocks = 16,
    framesMultipleOf = 1,
    ...shape
  }: BlockRingOptions) {
    if (shape.kinds.length === 0) throw new RangeError('no kind of message to send');
    const encoder = new FrameEncoder(shape);
    const averageBytes = averageFrameBytes(shape, encoder, random.fork('sample'));
    const perBlock = Math.max(1, Math.floor(blockBytes / averageBytes));
    // Every kind must occur, however small the ring.
    const least = Math.max(perBlock * Math.max(2, blocks), shape.kinds.length);
    const count = Math.ceil(least / framesMultipleOf) * framesMultipleOf;
    const mix = drawMix(shape.kinds, count, random.fork('mix'));
    const filler = random.fork('filler');
    let largest = 0;
    this.blocks = Array.from({ length: Math.ceil(count / perBlock) }, (_, i) => {
      const drafts: FrameDraft[] = [];
      let length = 0;
      for (let frame = i * perBlock; frame < Math.min(count, (i + 1) * perBlock); frame++) {
        const draft = encoder.draft(frame, mix.kind[frame]!, mix.payloadBytes[frame]!, filler);
        length += encoder.lengthOf(draft);
        largest = Math.max(largest, draft.header.bytes.length + draft.end - draft.start);
        drafts.push(draft);
      }
      const block = new FrameBlock(length, drafts.length);
      for (const draft of drafts) encoder.append(block, draft, filler);
      return block;
    });
    this.block = this.blocks[0]!;
    const payloadBytes = this.blocks.reduce((sum, block) => sum + block.payloadBefore[block.count]!, 0);
    this.meanPayloadBytes = payloadBytes / count;
    this.largestMessageBytes = largest;
  }

  /** How many frames can be stamped and written now, in one write; 0 when the next block is still on its way. */
  get room(): number {
    if (this.frame > 0) return this.block.count - this.frame;
    return this.block.pendingWrites === 0 ? this.block.count : 0;
  }

  /** The bytes of the next `count` frames, which were stamped; moves on behind them. Counts one pending write. */
  take(count: number): Buffer {
    const { block, frame } = this;
    const start = frame === 0 ? 0 : block.frameEnd[frame - 1]!;
    const bytes = block.bytes.subarray(start, block.frameEnd[frame + count - 1]!);
    block.pendingWrites++;
    this.frame += count;
    if (this.frame === block.count) {
      this.frame = 0;
      this.#at = (this.#at + 1) % this.blocks.length;
      this.block = this.blocks[this.#at]!;
    }
    return bytes;
  }
}

function averageFrameBytes(shape: FrameShape, encoder: FrameEncoder, random: Random): number {
  let weighted = 0;
  let weights = 0;
  shape.kinds.forEach((kind, index) => {
    weighted += kind.weight * encoder.lengthOf(encoder.draft(0, index, Math.round(meanSize(kind)), random));
    weights += kind.weight;
  });
  return weighted / weights;
}
