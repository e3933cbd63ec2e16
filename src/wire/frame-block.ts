import type { FrameField } from './frame-text.js';

/**
 * Frames, back to back. All but the stamp, the reply token and the fields of a frame is final, so that sending a message
 * is sixteen bytes of stamp, and a block is one write.
 */
export class FrameBlock {
  readonly bytes: Buffer;
  count = 0;
  /** Offset behind frame i; frame i begins where frame i − 1 ends. */
  readonly frameEnd: Uint32Array;
  /** Offset of the sixteen bytes of stamp; −1 where it stands in a header, as a field. */
  readonly stampAt: Int32Array;
  /** Offset of the reply token; 0 for frames without. */
  readonly tokenAt: Uint32Array;
  /** Index into the shape's kinds. */
  readonly kind: Uint16Array;
  /** Payload bytes of the frames before frame i; one longer than the others. */
  readonly payloadBefore: Float64Array;
  /** Fields of all frames, in order; those of frame i end at `fieldEnd[i]`. */
  readonly fields: FrameField[] = [];
  readonly fieldAt: number[] = [];
  readonly fieldEnd: Uint32Array;
  /** Socket writes of this block that the kernel does not have yet: it must not be stamped again before. */
  pendingWrites = 0;

  constructor(capacityBytes: number, capacityFrames: number) {
    // An allocation of its own: blocks that share a pool's slab would be slower to write.
    this.bytes = Buffer.allocUnsafeSlow(capacityBytes);
    this.frameEnd = new Uint32Array(capacityFrames);
    this.stampAt = new Int32Array(capacityFrames);
    this.tokenAt = new Uint32Array(capacityFrames);
    this.kind = new Uint16Array(capacityFrames);
    this.payloadBefore = new Float64Array(capacityFrames + 1);
    this.fieldEnd = new Uint32Array(capacityFrames);
  }

  /** Where the next frame would begin. */
  get end(): number {
    return this.count === 0 ? 0 : this.frameEnd[this.count - 1]!;
  }

  /** Whether there is any field to write with `writeFields`. */
  get hasFields(): boolean {
    return this.fields.length > 0;
  }

  /** Forgets all frames, to hold others. */
  clear(): void {
    this.count = 0;
    this.fields.length = 0;
    this.fieldAt.length = 0;
  }

  /** Writes the fields of a frame for one operation; `dueNs` is monotonic. */
  writeFields(frame: number, writer: number, sequence: number, dueNs: number): void {
    const end = this.fieldEnd[frame]!;
    for (let i = frame === 0 ? 0 : this.fieldEnd[frame - 1]!; i < end; i++) {
      this.fields[i]!.write(this.bytes, this.fieldAt[i]!, writer, sequence, dueNs);
    }
  }
}
