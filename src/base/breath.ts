import { setImmediate } from 'node:timers/promises';
import { NS, nowNs } from './clock.js';

/** Events come on the same thread: they wait for no longer than that, unless told. */
const AT_ONCE_NS = 4 * NS.ms;

/** Lets others have their turn in the middle of long work. */
export class Breath {
  readonly #atOnceNs: number;
  #sinceNs = nowNs();

  constructor(atOnceNs = AT_ONCE_NS) {
    this.#atOnceNs = atOnceNs;
  }

  get isDue(): boolean {
    return nowNs() - this.#sinceNs > this.#atOnceNs;
  }

  async take(): Promise<void> {
    await setImmediate();
    this.#sinceNs = nowNs();
  }
}
