import { nowNs } from '../base/clock.js';
import type { LoadNotice } from '../contracts/load.js';

/** How often and how long the monitor had no connection, from what it says of itself. */
export class MonitorSight {
  /** How often it lost its connection. */
  times = 0;
  /** Why, the first time. */
  firstReason = '';
  #blindNs = 0;
  #blindSinceNs: number | undefined;

  add({ load, kind, text, atNs }: LoadNotice): void {
    if (load !== 'monitor') return;
    if (kind === 'disconnected' && this.#blindSinceNs === undefined) {
      this.#blindSinceNs = atNs;
      if (this.times++ === 0) this.firstReason = text;
    } else if (kind === 'reconnected' && this.#blindSinceNs !== undefined) {
      this.#blindNs += atNs - this.#blindSinceNs;
      this.#blindSinceNs = undefined;
    }
  }

  /** In all, until now. */
  blindNs(atNs = nowNs()): number {
    return this.#blindNs + (this.#blindSinceNs === undefined ? 0 : atNs - this.#blindSinceNs);
  }
}
