import type { Random } from '../base/random.js';
import { FrameBlock } from './frame-block.js';
import { type FrameDraft, FrameEncoder, type FrameShape } from './frame-encoder.js';
import { drawMix } from './frame-mix.js';
import { FrameRing } from './frame-ring.js';
import { meanSize } from './size-quantile.js';

export interface BlockRingOptions extends FrameShape {
  readonly random: Random;
  /** A block holds as many frames as fit, and at least one. 64 KiB unless told. */
  readonly blockBytes?: number;
  /** 16 unless told; at least two. */
  readonly blocks?: number;
  /** The ring has a whole multiple of so many frames; 1 unless told. What is fixed per frame then repeats without a seam. */
  readonly framesMultipleOf?: number;
}

/** A ring whose frames are encoded once: the mix of a load, whose length is that of the ring. */
export class BlockRing extends FrameRing {
  readonly largestMessageBytes: number;
  readonly meanPayloadBytes: number;

  constructor({
    random,
    blockBytes = 64 * 1024,
    blocks: fewest = 16,
    framesMultipleOf = 1,
    ...shape
  }: BlockRingOptions) {
    if (shape.kinds.length === 0) throw new RangeError('no kind of message to send');
    const encoder = new FrameEncoder(shape);
    const averageBytes = averageFrameBytes(shape, encoder, random.fork('sample'));
    const perBlock = Math.max(1, Math.floor(blockBytes / averageBytes));
    // Every kind must occur, however small the ring.
    const least = Math.max(perBlock * Math.max(2, fewest), shape.kinds.length);
    const count = Math.ceil(least / framesMultipleOf) * framesMultipleOf;
    const mix = drawMix(shape.kinds, count, random.fork('mix'));
    const filler = random.fork('filler');
    let largest = 0;
    const blocks = Array.from({ length: Math.ceil(count / perBlock) }, (_, i) => {
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
    super(blocks);
    const payloadBytes = blocks.reduce((sum, block) => sum + block.payloadBefore[block.count]!, 0);
    this.meanPayloadBytes = payloadBytes / count;
    this.largestMessageBytes = largest;
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
