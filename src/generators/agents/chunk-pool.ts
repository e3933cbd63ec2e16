import { PHASES } from '../../metrics/phase-clock.js';

/** Frames on their way to one socket. */
export interface Chunk {
  readonly bytes: Buffer;
  used: number;
  /** By phase: how many of its messages nobody answers, so that they are ok when the kernel has them. */
  readonly unanswered: Int32Array;
}

/** Chunks that are used over and over: as many as were ever on their way at a time. */
export class ChunkPool {
  readonly #free: Chunk[] = [];

  constructor(readonly chunkBytes: number) {}

  /** One that is empty, with room for so many bytes. */
  take(bytes: number): Chunk {
    const chunk = bytes <= this.chunkBytes ? this.#free.pop() : undefined;
    if (chunk) return chunk;
    // An allocation of its own: slices of a pool's slab would be slower to write.
    const room = Buffer.allocUnsafeSlow(Math.max(bytes, this.chunkBytes));
    return { bytes: room, used: 0, unanswered: new Int32Array(PHASES.length) };
  }

  giveBack(chunk: Chunk): void {
    if (chunk.bytes.length > this.chunkBytes) return;
    chunk.used = 0;
    chunk.unanswered.fill(0);
    this.#free.push(chunk);
  }
}
