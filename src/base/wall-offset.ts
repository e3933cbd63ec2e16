import { NS } from './nanoseconds.js';

/** For so long the best of the samples counts: what a clock is set back by is known that much later. */
const WINDOW_NS = NS.s;

/**
 * The offset of the wall clock from the monotonic one, better than the millisecond that the wall clock is read to: every pair
 * of readings says how large it is at least, and the largest of the last moments is near it.
 */
export class WallOffset {
  #untilNs = 0;
  #earlierNs = Number.NEGATIVE_INFINITY;
  #largestNs = Number.NEGATIVE_INFINITY;

  /** Takes a pair of readings: of the wall clock, and then, at once, of the monotonic one. */
  note(wallMs: number, monotonicNs: number): void {
    if (monotonicNs >= this.#untilNs) {
      const isRecent = monotonicNs < this.#untilNs + WINDOW_NS;
      this.#earlierNs = isRecent ? this.#largestNs : Number.NEGATIVE_INFINITY;
      this.#largestNs = Number.NEGATIVE_INFINITY;
      this.#untilNs = monotonicNs + WINDOW_NS;
    }
    const atLeastNs = wallMs * NS.ms - monotonicNs;
    if (atLeastNs > this.#largestNs) this.#largestNs = atLeastNs;
  }

  /** What to add to a monotonic time for Unix time; −∞ before the first pair. */
  get ns(): number {
    return this.#largestNs > this.#earlierNs ? this.#largestNs : this.#earlierNs;
  }
}
