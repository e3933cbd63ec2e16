import { NS } from '../../base/clock.js';

/** A request so soon after the response before it did not wait for its turn in the second. */
const AT_ONCE_NS = NS.ms;

/**
 * When the requests of one connection were due. Of those that it may send in a second, autocannon sends one after the
 * other as fast as the responses come; then it waits for the next second. The first after such a wait is due when it is
 * sent, the others evenly after it. One that is sent earlier than that is due when it is sent; one that is late was kept
 * waiting by the responses before it, and is measured from when it was due.
 */
export class ClientPace {
  readonly #perSec: number;
  #startNs = Number.NEGATIVE_INFINITY;
  #index = 0;

  constructor(perSec: number) {
    this.#perSec = perSec;
  }

  /** @param previousNs when the response before it came; −Infinity for the first */
  dueNs(sentNs: number, previousNs: number): number {
    const isAtOnce = sentNs - previousNs < AT_ONCE_NS;
    if (!isAtOnce || !Number.isFinite(this.#startNs)) {
      this.#startNs = sentNs;
      this.#index = 0;
    } else if (sentNs - this.#startNs >= NS.s) {
      // It had no time to wait: the seconds go on from where they began, and what they still had is never sent.
      this.#startNs += Math.floor((sentNs - this.#startNs) / NS.s) * NS.s;
      this.#index = 0;
    }
    return Math.min(sentNs, this.#startNs + (this.#index++ / this.#perSec) * NS.s);
  }
}
