import { NS, nowNs } from './clock.js';

/** What was read may need a few turns until whoever asked knows it: a stream's end, a fetch, the next of several reads. */
const TURNS = 3;

/**
 * Calls `then` when the event loop has looked at its sockets, and what it read there has been handled: after a standstill
 * Node runs timers first, and immediates after sockets. Returns what calls it off.
 */
export function afterReads(then: () => void): () => void {
  let immediate: NodeJS.Immediate;
  const turn = (left: number) => {
    immediate = setImmediate(() => (left > 1 ? turn(left - 1) : then()));
  };
  turn(TURNS);
  return () => clearImmediate(immediate);
}

/**
 * Calls `onLate` after `ms`, but never for a standstill of our own: what has been answered meanwhile is read first, and by
 * as much as the timer itself came late, up to `ms`, the time is given again, once.
 */
export class Deadline {
  readonly #onLate: () => void;
  #timer: NodeJS.Timeout;
  #callOff: () => void = () => {};

  constructor(ms: number, onLate: () => void) {
    this.#onLate = onLate;
    const dueNs = nowNs() + ms * NS.ms;
    this.#timer = setTimeout(() => {
      const lateMs = Math.min(ms, (nowNs() - dueNs) / NS.ms);
      this.#timer = setTimeout(() => this.#readFirst(), Math.max(0, lateMs));
    }, ms);
  }

  /** It does not come any more. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#callOff();
  }

  #readFirst(): void {
    this.#callOff = afterReads(this.#onLate);
  }
}
