import type { ReadBlock } from '../contracts/history.js';

const BLOCK_MESSAGES = 65_536;
/** A stamp can count further than any writer of ours does: all from here on are none of its operations. */
const NOT_OURS = 2 ** 32 - 1;

/**
 * What was read from a stream, in blocks of columns: fourteen bytes a message instead of an object. A block holds what
 * lies within one stretch of 65,536 stream sequences, so that two reads of the same stream have the same blocks but
 * where they differ; where they do not, the second is given the first one's.
 */
export class ReadBlocks {
  readonly #blocks: ReadBlock[] = [];
  readonly #twins: ReadonlyMap<number, ReadBlock>;
  // The open block; `#atMost` is the last stream sequence that belongs to it.
  #base = 0;
  #atMost = -1;
  #at = 0;
  #offset = new Uint32Array(BLOCK_MESSAGES);
  #writer = new Uint16Array(BLOCK_MESSAGES);
  #sequence = new Uint32Array(BLOCK_MESSAGES);
  #digest = new Uint32Array(BLOCK_MESSAGES);
  #closed = 0;

  /** @param twin another read of the same stream, of which this one may be a copy */
  constructor(twin: readonly ReadBlock[] = []) {
    this.#twins = new Map(twin.map((block) => [block.baseSequence, block]));
  }

  /** Closes the block that is open: reading on begins another. */
  get blocks(): readonly ReadBlock[] {
    this.#close();
    return this.#blocks;
  }

  /** Of all blocks together. */
  get count(): number {
    return this.#closed + this.#at;
  }

  /** The hot path. Stream sequences come in ascending order; those of a batch are equal. */
  add(writer: number, sequence: number, streamSequence: number, digest: number): void {
    if (streamSequence > this.#atMost || this.#at === BLOCK_MESSAGES) {
      this.#close();
      this.#base = streamSequence;
      this.#atMost = (Math.floor(streamSequence / BLOCK_MESSAGES) + 1) * BLOCK_MESSAGES - 1;
    }
    const at = this.#at++;
    this.#offset[at] = streamSequence - this.#base;
    this.#writer[at] = writer;
    this.#sequence[at] = Math.min(sequence, NOT_OURS);
    this.#digest[at] = digest;
  }

  #close(): void {
    const count = this.#at;
    if (count === 0) return;
    const open: ReadBlock = {
      count,
      baseSequence: this.#base,
      offset: this.#offset.subarray(0, count),
      writer: this.#writer.subarray(0, count),
      sequence: this.#sequence.subarray(0, count),
      digest: this.#digest.subarray(0, count),
    };
    const twin = this.#twins.get(open.baseSequence);
    this.#blocks.push(twin && isSame(twin, open) ? twin : copyOf(open));
    this.#closed += count;
    this.#at = 0;
    this.#atMost = -1;
  }
}

const copyOf = ({ count, baseSequence, offset, writer, sequence, digest }: ReadBlock): ReadBlock => ({
  count,
  baseSequence,
  offset: offset.slice(),
  writer: writer.slice(),
  sequence: sequence.slice(),
  digest: digest.slice(),
});

const isSame = (a: ReadBlock, b: ReadBlock): boolean =>
  a.count === b.count &&
  areEqual(a.offset, b.offset) &&
  areEqual(a.writer, b.writer) &&
  areEqual(a.sequence, b.sequence) &&
  areEqual(a.digest, b.digest);

const areEqual = (a: Uint16Array | Uint32Array, b: Uint16Array | Uint32Array): boolean =>
  Buffer.compare(
    Buffer.from(a.buffer, a.byteOffset, a.byteLength),
    Buffer.from(b.buffer, b.byteOffset, b.byteLength),
  ) === 0;
