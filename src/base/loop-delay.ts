import { nowNs } from './clock.js';
import { NS } from './nanoseconds.js';

/** Fifty looks a second cost a thread about half a percent of a core. */
const LOOK_EVERY_MS = 20;

/**
 * How late this thread's event loop is: a timer that is looked at each time it comes. Unlike Node's own instrument
 * (`monitorEventLoopDelay`, whose reset loses the look that it falls into) it misses no delay between two takings.
 */
export class LoopDelay {
  /** Lateness of each look since the last taking; beyond a full minute only the greatest is kept. */
  readonly #lateNs = new Float64Array((60 * 1000) / LOOK_EVERY_MS);
  #count = 0;
  #maxNs = 0;
  #lastNs = 0;
  #timer: NodeJS.Timeout | undefined;

  start(): void {
    this.#lastNs = nowNs();
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** How late timers were since the last call; a delay that still lasts is in it. */
  take(): { readonly p99Ns: number; readonly maxNs: number } {
    const runningNs = Math.max(0, nowNs() - this.#lastNs - LOOK_EVERY_MS * NS.ms);
    const sorted = this.#lateNs.subarray(0, this.#count).sort();
    const p99Ns = Math.max(sorted[Math.ceil(0.99 * sorted.length) - 1] ?? 0, runningNs);
    const maxNs = Math.max(this.#maxNs, runningNs);
    this.#count = 0;
    this.#maxNs = 0;
    return { p99Ns, maxNs };
  }

  #look(): void {
    const now = nowNs();
    const lateNs = Math.max(0, now - this.#lastNs - LOOK_EVERY_MS * NS.ms);
    this.#lastNs = now;
    if (lateNs > this.#maxNs) this.#maxNs = lateNs;
    if (this.#count < this.#lateNs.length) this.#lateNs[this.#count++] = lateNs;
  }
}
