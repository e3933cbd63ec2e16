import { NS, nowNs } from '../base/clock.js';

export interface KeepaliveOptions {
  /** A PING goes out this often, in milliseconds. */
  readonly everyMs: number;
  /** So many of them without a word from the peer, and it is given up. */
  readonly unanswered: number;
  readonly ping: () => void;
  /**
   * Whether the peer took something since the last call while more is waiting for it: a PING is behind all that then, so
   * that on a slow link nothing can be heard for long from a peer that is well.
   */
  readonly isTaking: () => boolean;
  readonly onSilent: () => void;
}

/** Notices a peer that has gone without a farewell: a cable that was cut, a process that was stopped. */
export class Keepalive {
  readonly #options: KeepaliveOptions;
  readonly #timer: NodeJS.Timeout;
  #lastBeatNs = nowNs();
  #heard = true;
  #silent = 0;

  constructor(options: KeepaliveOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#beat(), options.everyMs);
  }

  /** Whatever came from the peer: it is there. */
  heard(): void {
    this.#heard = true;
  }

  /** Whether nothing has come since the last PING. */
  get isUnanswered(): boolean {
    return !this.#heard;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #beat(): void {
    const { everyMs, unanswered, ping, isTaking, onSilent } = this.#options;
    const now = nowNs();
    // After a standstill of our own, what the peer said has not been read yet.
    const isOurs = now - this.#lastBeatNs > 1.5 * everyMs * NS.ms;
    this.#lastBeatNs = now;
    const isThere = isTaking() || this.#heard;
    if (isThere) this.#silent = 0;
    else if (!isOurs) this.#silent++;
    this.#heard = false;
    if (this.#silent >= unanswered) onSilent();
    else ping();
  }
}
