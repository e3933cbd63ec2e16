import { nowNs } from '../base/clock.js';

/**
 * Sleeps for less than the millisecond that timers know, to the tenth of it that the system wakes a thread by, and
 * without using the CPU. The event loop stands still meanwhile: only for when there is nothing to be read.
 */
export class ShortRest {
  /** How long it slept in all. */
  restedNs = 0;
  readonly #cell = new Int32Array(new SharedArrayBuffer(4));

  sleep(ns: number): void {
    const fromNs = nowNs();
    // Nobody ever wakes it: it is the time that ends the waiting.
    Atomics.wait(this.#cell, 0, 0, ns / 1e6);
    this.restedNs += nowNs() - fromNs;
  }
}
