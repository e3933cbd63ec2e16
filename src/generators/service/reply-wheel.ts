import { NS } from '../../base/clock.js';
import { ReplyBlock } from './reply-block.js';
import { LONGEST_DELAY_NS } from './service-delay.js';

const TICK_NS = NS.ms;
/** A power of two, and more than a minute of ticks beyond the longest delay: no reply comes round to another one. */
const SLOTS = 2 ** Math.ceil(Math.log2((2 * LONGEST_DELAY_NS) / TICK_NS));

/**
 * The replies that wait for their time, a block a millisecond: no timer and no object for a reply. One that is due
 * within a tick goes out at the tick's end, never before its time.
 */
export class ReplyWheel {
  /** Replies that wait. */
  pending = 0;
  readonly #slots: (ReplyBlock | undefined)[] = new Array(SLOTS).fill(undefined);
  readonly #free: ReplyBlock[] = [];
  /** The first tick that has not been taken. */
  #next = Number.NaN;

  /** A block that nobody uses; it is given back with `release`. */
  block(): ReplyBlock {
    return this.#free.pop() ?? new ReplyBlock();
  }

  release(block: ReplyBlock): void {
    block.clear();
    this.#free.push(block);
  }

  /** The block whose replies are due next after `dueNs`, which lies at most LONGEST_DELAY_NS ahead; it counts one reply. */
  at(dueNs: number): ReplyBlock {
    const tick = Math.ceil(dueNs / TICK_NS);
    if (this.pending === 0) this.#next = tick;
    this.#next = Math.min(this.#next, tick);
    this.pending++;
    let block = this.#slots[tick & (SLOTS - 1)];
    if (block === undefined) {
      block = this.block();
      this.#slots[tick & (SLOTS - 1)] = block;
    }
    return block;
  }

  /** Hands out the blocks that are due, in their order; whoever takes one gives it back. */
  take(nowNs: number, give: (block: ReplyBlock) => void): void {
    const last = Math.floor(nowNs / TICK_NS);
    while (this.pending > 0 && this.#next <= last) {
      const slot = this.#next++ & (SLOTS - 1);
      const block = this.#slots[slot];
      if (block === undefined) continue;
      this.#slots[slot] = undefined;
      this.pending -= block.count;
      give(block);
    }
  }

  /** When the next tick is that may have replies; Infinity when none wait. */
  get nextNs(): number {
    return this.pending === 0 ? Number.POSITIVE_INFINITY : this.#next * TICK_NS;
  }
}
