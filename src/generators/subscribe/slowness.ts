import type { SubscribeParams } from './subscribe-schema.js';

/** How a subscriber is deliberately slow, as a function of time: all times monotonic nanoseconds. */
export class Slowness {
  readonly delayNs: number;
  readonly #everyNs: number;
  readonly #stallNs: number;
  #startNs = Number.POSITIVE_INFINITY;
  #endNs = Number.POSITIVE_INFINITY;

  constructor({ delay = 0, stall }: Pick<SubscribeParams, 'delay' | 'stall'>) {
    this.delayNs = delay;
    this.#everyNs = stall?.every ?? 0;
    this.#stallNs = stall?.for ?? 0;
  }

  get isWanted(): boolean {
    return this.delayNs > 0 || this.#everyNs > 0;
  }

  /** From now on; stalls are counted from here. */
  begin(startNs: number): void {
    this.#startNs = startNs;
  }

  /** From now on nobody is slow any more: what is left is read at full speed. */
  end(endNs: number): void {
    this.#endNs = endNs;
  }

  get isOver(): boolean {
    return Number.isFinite(this.#endNs);
  }

  /** Until when a stall lasts that holds now; 0 when none does. The first comes after one interval. */
  stalledUntilNs(nowNs: number): number {
    const startedNs = this.#lastStallNs(nowNs);
    return startedNs > 0 && nowNs < startedNs + this.#stallNs ? startedNs + this.#stallNs : 0;
  }

  /** When the next stall begins; Infinity when none does. */
  nextStallNs(nowNs: number): number {
    if (this.#everyNs === 0 || this.isOver) return Number.POSITIVE_INFINITY;
    const past = Math.max(0, Math.floor((nowNs - this.#startNs) / this.#everyNs));
    return this.#startNs + (past + 1) * this.#everyNs;
  }

  #lastStallNs(nowNs: number): number {
    if (this.#everyNs === 0 || this.isOver || nowNs < this.#startNs + this.#everyNs) return 0;
    return this.#startNs + Math.floor((nowNs - this.#startNs) / this.#everyNs) * this.#everyNs;
  }
}
