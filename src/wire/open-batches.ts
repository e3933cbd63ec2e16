import { BATCH_HEADER_BYTES, writeBatchHeader } from './batch.js';
import type { FrameBlock } from './frame-block.js';
import { STAMP_BYTES, writeStamp } from './stamp.js';

const NONE = -1;
/** Below this a loop is quicker than a call. */
const SHORT_BYTES = 64;

/**
 * The messages of several events that are being filled, one for each kind of event, in columns. Those that are open are
 * linked in the order in which they were begun, so that the oldest is always at hand.
 */
export class OpenBatches {
  /** Events in the batch of a kind; 0 where none is open. */
  readonly count: Uint16Array;
  /** Length of the batch's message. */
  readonly length: Uint32Array;
  /** What its first event was due at, or was put in at where nothing is due. Monotonic. */
  readonly sinceNs: Float64Array;
  /** The same of its last event. */
  readonly lastNs: Float64Array;
  /** Of its first event. */
  readonly sequence: Float64Array;
  readonly phase: Uint8Array;
  /** Payload bytes of its events, as messages of their own. */
  readonly payloadBytes: Float64Array;
  /** Events in all open batches. */
  events = 0;
  readonly #bytes: (Buffer | undefined)[];
  readonly #capacity: (kind: number) => number;
  readonly #mostEvents: number;
  readonly #older: Int32Array;
  readonly #newer: Int32Array;
  #oldest = NONE;
  #newest = NONE;

  /**
   * @param mostEvents a batch with so many events is full
   * @param largestEntry the bytes of the largest entry of a kind
   */
  constructor(kinds: number, mostEvents: number, largestEntry: (kind: number) => number) {
    this.count = new Uint16Array(kinds);
    this.length = new Uint32Array(kinds);
    this.sinceNs = new Float64Array(kinds);
    this.lastNs = new Float64Array(kinds);
    this.sequence = new Float64Array(kinds);
    this.phase = new Uint8Array(kinds);
    this.payloadBytes = new Float64Array(kinds);
    this.#bytes = Array.from({ length: kinds });
    this.#capacity = (kind) => BATCH_HEADER_BYTES + mostEvents * largestEntry(kind);
    this.#mostEvents = mostEvents;
    this.#older = new Int32Array(kinds);
    this.#newer = new Int32Array(kinds);
  }

  /** The kind whose batch was begun first; −1 when none is open. */
  get oldest(): number {
    return this.#oldest;
  }

  /** Begins a batch; none of the kind may be open. */
  begin(kind: number, sinceNs: number, sequence: number, phase: number): void {
    this.#bytes[kind] ??= Buffer.allocUnsafeSlow(this.#capacity(kind));
    this.length[kind] = BATCH_HEADER_BYTES;
    this.sinceNs[kind] = sinceNs;
    this.sequence[kind] = sequence;
    this.phase[kind] = phase;
    this.payloadBytes[kind] = 0;
    this.#older[kind] = this.#newest;
    this.#newer[kind] = NONE;
    if (this.#newest === NONE) this.#oldest = kind;
    else this.#newer[this.#newest] = kind;
    this.#newest = kind;
  }

  /** Puts an event, the entry that is a frame of the block, into the batch of its kind. True when that is full now. */
  add(
    kind: number,
    block: FrameBlock,
    frame: number,
    writer: number,
    sequence: number,
    dueNs: number,
  ): boolean {
    const bytes = this.#bytes[kind]!;
    const at = this.length[kind]!;
    const start = frame === 0 ? 0 : block.frameEnd[frame - 1]!;
    const end = block.frameEnd[frame]!;
    writeStamp(bytes, at, writer, sequence, Math.floor(dueNs / 1000));
    copy(block.bytes, start + STAMP_BYTES, end, bytes, at + STAMP_BYTES);
    if (block.hasFields) block.writeFields(frame, writer, sequence, dueNs, bytes, at - start);
    this.length[kind] = at + end - start;
    this.lastNs[kind] = dueNs;
    this.payloadBytes[kind]! += block.payloadBefore[frame + 1]! - block.payloadBefore[frame]!;
    this.events++;
    return ++this.count[kind]! === this.#mostEvents;
  }

  /** The message of a kind's batch, valid until the next one is begun. */
  message(kind: number): Buffer {
    const bytes = this.#bytes[kind]!;
    writeBatchHeader(bytes, 0, this.count[kind]!);
    return bytes.subarray(0, this.length[kind]!);
  }

  /** The batch of a kind is open no more. */
  close(kind: number): void {
    const older = this.#older[kind]!;
    const newer = this.#newer[kind]!;
    if (older === NONE) this.#oldest = newer;
    else this.#newer[older] = newer;
    if (newer === NONE) this.#newest = older;
    else this.#older[newer] = older;
    this.events -= this.count[kind]!;
    this.count[kind] = 0;
  }
}

function copy(from: Buffer, start: number, end: number, to: Buffer, at: number): void {
  if (end - start > SHORT_BYTES) {
    from.copy(to, at, start, end);
    return;
  }
  for (let i = start; i < end; i++) to[at + i - start] = from[i]!;
}
