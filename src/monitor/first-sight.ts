import { sleep } from '../base/clock.js';
import type { WireConnection } from '../wire/connection.js';

/** An address from which nothing comes back takes its time; who waits for a server is told by then that none is there. */
const PATIENCE_MS = 2000;

/** The time from the first attempt to connect until events can be seen, and what ends it otherwise. */
export class FirstSight {
  /** Resolves with what ended it without sight. */
  readonly failed: Promise<Error>;
  readonly #seen: Promise<void>;
  #fail: (reason: Error) => void = () => {};
  #see: () => void = () => {};
  #isOver = false;

  constructor() {
    this.failed = new Promise((resolve) => {
      this.#fail = resolve;
    });
    this.#seen = new Promise((resolve) => {
      this.#see = resolve;
    });
  }

  /** Events could be seen once: what happens from then on is everyday life. */
  get isOver(): boolean {
    return this.#isOver;
  }

  onTaken(): void {
    this.#isOver = true;
    this.#see();
  }

  /** A server says no. */
  fail(reason: Error): void {
    this.#fail(reason);
  }

  /**
   * Connects; resolves when events can be seen. Rejects with what keeps us from that.
   *
   * @param onWaiting where no server can be reached it is told why, once, and this resolves, too; the attempts go on
   */
  async of(wire: WireConnection, onWaiting?: (reason: string) => void): Promise<void> {
    const failed = this.failed.then((reason) => {
      throw reason;
    });
    if (onWaiting === undefined) {
      wire.connect().catch(this.#fail);
      return Promise.race([this.#seen, failed]);
    }
    const patience = new AbortController();
    const waiting = new Promise<void>((resolve) => {
      const wait = (reason: string) => {
        if (patience.signal.aborted) return;
        patience.abort();
        onWaiting(reason);
        resolve();
      };
      wire.connect((ends) => wait(`cannot connect: ${ends}`)).catch(this.#fail);
      sleep(PATIENCE_MS, patience.signal).then(
        () => wait(`cannot connect: no answer within ${PATIENCE_MS} ms`),
        () => {},
      );
    });
    try {
      await Promise.race([this.#seen, failed, waiting]);
    } finally {
      patience.abort();
    }
  }
}
