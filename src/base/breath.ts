import { setImmediate } from 'node:timers/promises';
import { NS, nowNs } from './clock.js';

/** Events come on the same thread: they wait for no longer than that. */
const AT_ONCE_NS = 4 * NS.ms;

/** Lets others have their turn in the middle of long work. */
export class Breath {
  #sinceNs = nowNs();

  get isDue(): boolean {
    return nowNs() - this.#sinceNs > AT_ONCE_NS;
  }

  async take(): Promise<void> {
    await setImmediate();
    this.#sinceNs = nowNs();
  }
}
