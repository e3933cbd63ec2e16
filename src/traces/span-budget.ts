import { NS } from '../base/nanoseconds.js';

/** Reports come about once a second, and not to the moment. */
const KEPT_SEC = 3;

/** How many spans may be recorded, of so many a second: what was not used is kept for three seconds, and no longer. */
export class SpanBudget {
  readonly #perSec: number;
  #left: number;
  #atNs: number;

  constructor(perSec: number, nowNs: number) {
    this.#perSec = perSec;
    this.#left = perSec * KEPT_SEC;
    this.#atNs = nowNs;
  }

  /** Takes as many of `count` as there are; returns how many that is. */
  take(count: number, nowNs: number): number {
    this.#refill(nowNs);
    const taken = Math.min(count, Math.max(0, Math.floor(this.#left)));
    this.#left -= taken;
    return taken;
  }

  /** Takes one that is recorded whether there is any left or not. */
  takeAnyway(nowNs: number): void {
    this.#refill(nowNs);
    this.#left--;
  }

  #refill(nowNs: number): void {
    const more = (this.#perSec * (nowNs - this.#atNs)) / NS.s;
    this.#left = Math.min(this.#perSec * KEPT_SEC, this.#left + more);
    this.#atNs = nowNs;
  }
}
