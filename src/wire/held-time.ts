import { nowNs } from '../base/clock.js';

/** How long a socket holds bytes back that the kernel does not take. The clock is read only where that begins or ends. */
export class HeldTime {
  #totalNs = 0;
  /** Monotonic; 0 while the kernel has taken everything. */
  #sinceNs = 0;

  get totalNs(): number {
    return this.#totalNs + (this.#sinceNs === 0 ? 0 : nowNs() - this.#sinceNs);
  }

  note(isHeld: boolean): void {
    if (isHeld) {
      this.#sinceNs ||= nowNs();
    } else if (this.#sinceNs !== 0) {
      this.#totalNs += nowNs() - this.#sinceNs;
      this.#sinceNs = 0;
    }
  }
}
