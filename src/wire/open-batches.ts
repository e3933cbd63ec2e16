import { BATCH_HEADER_BYTES, writeBatchHeader } from './batch.js';
import type { FrameBlock } from './frame-block.js';
import type { FrameField } from './frame-text.js';
import { STAMP_BYTES, writeStamp } from './stamp.js';

/** Below this a loop is quicker than a call. */
const SHORT_BYTES = 64;

/** A message of several events that is being filled; used again when it was sent. */
export class OpenBatch {
  readonly bytes: Buffer;
  isOpen = false;
  /** Events in it so far. */
  count = 0;
  /** Length of the message so far. */
  length = BATCH_HEADER_BYTES;
  phase = 0;
  /** Payload bytes of its events, as messages of their own. */
  payloadBytes = 0;
  /** Older and younger ones that are open, too. */
  older: OpenBatch | undefined;
  newer: OpenBatch | undefined;
  /** Of each event: where its entry begins, and when it was due, or put in where nothing is due. Monotonic. */
  readonly #at: Uint32Array;
  readonly #dueNs: Float64Array;
  /** Fields of all events, in order; those of event i end at `#fieldEnd[i]`. */
  readonly #fields: FrameField[] = [];
  readonly #fieldAt: number[] = [];
  readonly #fieldEnd: Uint32Array;

  constructor(
    readonly kind: number,
    mostEvents: number,
    largestEntry: number,
  ) {
    this.bytes = Buffer.allocUnsafeSlow(BATCH_HEADER_BYTES + mostEvents * largestEntry);
    this.#at = new Uint32Array(mostEvents);
    this.#dueNs = new Float64Array(mostEvents);
    this.#fieldEnd = new Uint32Array(mostEvents);
  }

  /** Of its first event. */
  get sinceNs(): number {
    return this.#dueNs[0]!;
  }

  /** Of its last event. */
  get lastNs(): number {
    return this.#dueNs[this.count - 1]!;
  }

  /** Puts an event in, the entry that is a frame of the block. There must be room. */
  add(block: FrameBlock, frame: number, dueNs: number): void {
    const start = frame === 0 ? 0 : block.frameEnd[frame - 1]!;
    const end = block.frameEnd[frame]!;
    const at = this.length;
    copy(block.bytes, start + STAMP_BYTES, end, this.bytes, at + STAMP_BYTES);
    this.#at[this.count] = at;
    this.#dueNs[this.count] = dueNs;
    if (block.hasFields) this.#takeFields(block, frame, at - start);
    this.#fieldEnd[this.count] = this.#fields.length;
    this.length = at + end - start;
    this.payloadBytes += block.payloadBefore[frame + 1]! - block.payloadBefore[frame]!;
    this.count++;
  }

  /** Numbers and stamps its events, the first one with `sequence`: it is as it will be sent. */
  stamp(writer: number, sequence: number): void {
    writeBatchHeader(this.bytes, 0, this.count);
    for (let i = 0; i < this.count; i++) {
      writeStamp(this.bytes, this.#at[i]!, writer, sequence + i, Math.floor(this.#dueNs[i]! / 1000));
    }
    if (this.#fields.length > 0) this.#writeFields(writer, sequence);
  }

  /** Forgets its events, to hold others. */
  clear(): void {
    this.count = 0;
    this.length = BATCH_HEADER_BYTES;
    this.payloadBytes = 0;
    this.#fields.length = 0;
    this.#fieldAt.length = 0;
  }

  #takeFields(block: FrameBlock, frame: number, shift: number): void {
    const end = block.fieldEnd[frame]!;
    for (let i = frame === 0 ? 0 : block.fieldEnd[frame - 1]!; i < end; i++) {
      this.#fields.push(block.fields[i]!);
      this.#fieldAt.push(block.fieldAt[i]! + shift);
    }
  }

  #writeFields(writer: number, sequence: number): void {
    let field = 0;
    for (let i = 0; i < this.count; i++) {
      for (; field < this.#fieldEnd[i]!; field++) {
        const at = this.#fieldAt[field]!;
        this.#fields[field]!.write(this.bytes, at, writer, sequence + i, this.#dueNs[i]!);
      }
    }
  }
}

/** One batch for each kind of event; those that are open are linked in the order in which they were begun. */
export class OpenBatches {
  /** The one that was begun first. */
  oldest: OpenBatch | undefined;
  #newest: OpenBatch | undefined;
  readonly #batches: (OpenBatch | undefined)[];
  readonly #mostEvents: number;
  readonly #largestEntry: (kind: number) => number;

  /**
   * @param mostEvents a batch with so many events is full
   * @param largestEntry the bytes of the largest entry of a kind
   */
  constructor(kinds: number, mostEvents: number, largestEntry: (kind: number) => number) {
    this.#batches = Array.from({ length: kinds });
    this.#mostEvents = mostEvents;
    this.#largestEntry = largestEntry;
  }

  /** The batch of a kind; begun, for events of this phase, when none was open. */
  of(kind: number, phase: number): OpenBatch {
    let batch = this.#batches[kind];
    if (batch === undefined) {
      batch = new OpenBatch(kind, this.#mostEvents, this.#largestEntry(kind));
      this.#batches[kind] = batch;
    }
    if (!batch.isOpen) {
      batch.isOpen = true;
      batch.phase = phase;
      batch.older = this.#newest;
      if (this.#newest) this.#newest.newer = batch;
      else this.oldest = batch;
      this.#newest = batch;
    }
    return batch;
  }

  isFull({ count }: OpenBatch): boolean {
    return count === this.#mostEvents;
  }

  /** The batch is open no more. */
  close(batch: OpenBatch): void {
    if (batch.older) batch.older.newer = batch.newer;
    else this.oldest = batch.newer;
    if (batch.newer) batch.newer.older = batch.older;
    else this.#newest = batch.older;
    batch.older = undefined;
    batch.newer = undefined;
    batch.isOpen = false;
    batch.clear();
  }
}

function copy(from: Buffer, start: number, end: number, to: Buffer, at: number): void {
  if (end - start > SHORT_BYTES) {
    from.copy(to, at, start, end);
    return;
  }
  for (let i = start; i < end; i++) to[at + i - start] = from[i]!;
}
