import type { WireConnection } from '../../wire/connection.js';
import { REPLY_TOKEN_BYTES, writeReplyToken } from '../../wire/reply-token.js';
import type { AckWindow } from '../ack-window.js';
import { AnsweredDeliveries, type Delivery } from './answered-deliveries.js';

/** What a delivery can be answered with. */
export const ACK = 0;
export const NAK = 1;
export const TERM = 2;

export interface AnswerQueueOptions {
  readonly connection: WireConnection;
  /** How much later a refused message shall come again; 0 for at once. */
  readonly nakDelayNs: number;
  /** With these, each answer asks for one in turn, which names the slot that it takes here. */
  readonly window?: AckWindow;
  readonly inbox?: string;
  /** With a window: takes, by slot, what the answers are for. */
  readonly ofSlot?: AnsweredDeliveries;
  /** The answers `first` to `last`, the last not included, went out in one write, and the kernel has them; or perhaps not. */
  readonly onFlushed: (
    flushed: boolean,
    answers: FlushedAnswers,
    first: number,
    last: number,
    sentNs: number,
  ) => void;
}

/** Answers that were written; good until `onFlushed` returns. */
export interface FlushedAnswers {
  readonly dueNs: Float64Array;
  readonly deliveries: AnsweredDeliveries;
}

const BLOCK_BYTES = 64 * 1024;
/** No answer is shorter: `PUB $JS.ACK.` and nine tokens. */
const BLOCK_FRAMES = BLOCK_BYTES / 32;
const NO_SLOT = -1;

/** Encoded answers in the order in which they are due. */
class Block implements FlushedAnswers {
  readonly bytes = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  readonly endAt = new Int32Array(BLOCK_FRAMES);
  readonly dueNs = new Float64Array(BLOCK_FRAMES);
  readonly slot = new Int32Array(BLOCK_FRAMES);
  readonly deliveries = new AnsweredDeliveries(BLOCK_FRAMES);
  used = 0;
  frames = 0;
  released = 0;
  pendingWrites = 0;

  reset(): void {
    this.used = 0;
    this.frames = 0;
    this.released = 0;
  }
}

/**
 * The answers to deliveries, encoded as they are made and written together when they are due. One write and one closure
 * for all that are due at once, nothing an answer.
 */
export class AnswerQueue {
  /** Answers that are not in the kernel yet. */
  waiting = 0;
  readonly #options: AnswerQueueOptions;
  readonly #endings: readonly Buffer[];
  readonly #inbox: Buffer;
  readonly #mostTail: number;
  readonly #blocks: Block[] = [];
  readonly #free: Block[] = [];

  constructor(options: AnswerQueueOptions) {
    this.#options = options;
    const nak = options.nakDelayNs > 0 ? `-NAK ${JSON.stringify({ delay: options.nakDelayNs })}` : '-NAK';
    this.#endings = ['+ACK', nak, '+TERM'].map((body) => Buffer.from(` ${body.length}\r\n${body}\r\n`));
    this.#inbox = Buffer.from(options.inbox === undefined ? '' : ` ${options.inbox}`);
    this.#mostTail = this.#inbox.length + REPLY_TOKEN_BYTES + Math.max(...this.#endings.map((e) => e.length));
  }

  /** When the next answer is due; Infinity when none waits. */
  get nextDueNs(): number {
    for (const block of this.#blocks) {
      if (block.released < block.frames) return block.dueNs[block.released]!;
    }
    return Number.POSITIVE_INFINITY;
  }

  /**
   * Answers the delivery whose reply subject stands in [start, end); `dueNs` never descends. With a window there must be
   * room in it.
   */
  add(
    bytes: Uint8Array,
    start: number,
    end: number,
    answer: number,
    dueNs: number,
    delivery: Delivery,
  ): void {
    const block = this.#blockFor(end - start);
    const into = block.bytes;
    let at = block.used;
    into[at++] = 0x50;
    into[at++] = 0x55;
    into[at++] = 0x42;
    into[at++] = 0x20;
    for (let from = start; from < end; from++) into[at++] = bytes[from]!;
    const { window, ofSlot } = this.#options;
    let slot = NO_SLOT;
    if (window) {
      slot = window.take();
      window.dueNs[slot] = dueNs;
      ofSlot?.set(slot, delivery, answer);
      // It is not sent yet: nothing is late of it.
      window.sentNs[slot] = Number.POSITIVE_INFINITY;
      const inbox = this.#inbox;
      for (let i = 0; i < inbox.length; i++) into[at++] = inbox[i]!;
      writeReplyToken(into, at, slot, window.generation[slot]!);
      at += REPLY_TOKEN_BYTES;
    }
    const ending = this.#endings[answer]!;
    for (let i = 0; i < ending.length; i++) into[at++] = ending[i]!;
    const frame = block.frames++;
    block.endAt[frame] = at;
    block.dueNs[frame] = dueNs;
    block.slot[frame] = slot;
    block.deliveries.set(frame, delivery, answer);
    block.used = at;
    this.waiting++;
  }

  /** Writes what is due at `nowNs`; the connection must stand. Returns how many answers that were. */
  release(nowNs: number): number {
    let count = 0;
    for (let block = this.#blocks[0]; block; block = this.#blocks[0]) {
      const first = block.released;
      let last = first;
      while (last < block.frames && block.dueNs[last]! <= nowNs) last++;
      if (last > first) this.#write(block, first, last, nowNs);
      count += last - first;
      if (last < block.frames || this.#blocks.length === 1) break;
      this.#blocks.shift();
      this.#recycle(block);
    }
    return count;
  }

  /** Answers that were never written are not going to be; returns how many. */
  discard(): number {
    const { window } = this.#options;
    let count = 0;
    for (const block of this.#blocks.splice(0)) {
      for (let frame = block.released; frame < block.frames; frame++) {
        if (window) window.release(block.slot[frame]!);
        count++;
      }
    }
    this.waiting -= count;
    return count;
  }

  #write(block: Block, first: number, last: number, nowNs: number): void {
    const { connection, window, onFlushed } = this.#options;
    const start = first === 0 ? 0 : block.endAt[first - 1]!;
    if (window) for (let i = first; i < last; i++) window.sentNs[block.slot[i]!] = nowNs;
    block.released = last;
    block.pendingWrites++;
    connection.write(block.bytes.subarray(start, block.endAt[last - 1]), (flushed) => {
      block.pendingWrites--;
      this.waiting -= last - first;
      onFlushed(flushed, block, first, last, nowNs);
      this.#recycle(block);
    });
  }

  #blockFor(subjectBytes: number): Block {
    const newest = this.#blocks.at(-1);
    const needed = 4 + subjectBytes + this.#mostTail;
    if (newest && newest.used + needed <= BLOCK_BYTES && newest.frames < BLOCK_FRAMES) return newest;
    const block = this.#free.pop() ?? new Block();
    this.#blocks.push(block);
    return block;
  }

  /** A block is used again when all of it was written, the kernel has it, and nothing is added to it any more. */
  #recycle(block: Block): void {
    if (block.pendingWrites > 0 || block.released < block.frames) return;
    if (this.#blocks.includes(block)) {
      if (this.#blocks.length === 1) block.reset();
      return;
    }
    block.reset();
    this.#free.push(block);
  }
}
