import { NS, nowNs } from '../base/clock.js';
import type { LoadNotice } from '../contracts/load.js';
import { CLOSED_BY_US, type WireListener } from '../wire/connection.js';
import { kindOfServerError, refusedSubscription } from '../wire/server-error.js';
import type { SightFigures } from './page/sight-figures.js';

/** Keeps account of when the monitor sees and when it is blind, and says what its connection meets. */
export class Sight {
  readonly #onNotice: (notice: LoadNotice) => void;
  readonly #onSight: (isSeeing: boolean) => void;
  #connectedBefore = false;
  #reconnects = 0;
  #blindNs = 0;
  /** Monotonic; undefined while connected. */
  #blindSinceNs: number | undefined = nowNs();
  #reason = 'not connected yet';
  #refusal: string | undefined;

  /** @param onSight told when events can be seen from now on, and when they cannot */
  constructor(onNotice: (notice: LoadNotice) => void, onSight: (isSeeing: boolean) => void) {
    this.#onNotice = onNotice;
    this.#onSight = onSight;
  }

  readonly listener: Pick<WireListener, 'onConnected' | 'onDisconnected' | 'onRefused' | 'onServerError'> = {
    onConnected: ({ host, port }) => {
      const now = nowNs();
      if (this.#connectedBefore) {
        this.#reconnects++;
        this.#tell('reconnected', `to ${host}:${port}`);
      }
      // The time until the first connection is a beginning, no blindness.
      if (this.#connectedBefore && this.#blindSinceNs !== undefined)
        this.#blindNs += now - this.#blindSinceNs;
      this.#blindSinceNs = undefined;
      this.#connectedBefore = true;
      this.#refusal = undefined;
      this.#onSight(true);
    },
    onDisconnected: (reason) => {
      this.#blindSinceNs = nowNs();
      this.#reason = reason;
      this.#onSight(false);
      if (reason !== CLOSED_BY_US) this.#tell('disconnected', reason);
    },
    onRefused: ({ host, port }, reason) => {
      this.#reason = reason;
      this.#tell('server-error', `${host}:${port} refused a reconnection: ${reason}`);
    },
    onServerError: (text) => {
      if (refusedSubscription(text) !== undefined) this.#refusal = text;
      this.#tell(kindOfServerError(text), text);
    },
  };

  /** The server does not let the monitor subscribe: what it said. */
  get refusal(): string | undefined {
    return this.#refusal;
  }

  /** Why nothing is seen right now; undefined when it is. */
  get blindness(): string | undefined {
    if (this.#blindSinceNs !== undefined) return `not connected: ${this.#reason}`;
    return this.#refusal;
  }

  figures(): SightFigures {
    const since = this.#connectedBefore ? this.#blindSinceNs : undefined;
    const blindNs = this.#blindNs + (since === undefined ? 0 : nowNs() - since);
    return {
      connected: this.#blindSinceNs === undefined,
      reconnects: this.#reconnects,
      blindSeconds: blindNs / NS.s,
    };
  }

  #tell(kind: LoadNotice['kind'], text: string): void {
    this.#onNotice({ load: 'monitor', worker: -1, kind, text, atNs: nowNs(), count: 1 });
  }
}
