import type { WireConnection } from '../wire/connection.js';
import { refusesSubscription } from '../wire/server-error.js';

/** A server that refuses it is asked again this often: nobody says when permissions have changed. */
const RETRY_MS = 3000;

export interface EventSubscriptionOptions {
  readonly subject: string;
  readonly wire: () => WireConnection;
  /** The server has it: after each connection, and after it was refused. */
  readonly onTaken: () => void;
  /** The server does not let us have it, or has taken it away; told once, until it has it. */
  readonly onRefused: (text: string) => void;
}

/** The monitor's subscription: whether the server has it is known only when a flush came back without a refusal. */
export class EventSubscription {
  readonly #options: EventSubscriptionOptions;
  #sid = 0;
  /** Counts connections: an answer of an earlier one means nothing. */
  #connection = 0;
  #refusal: string | undefined;
  #isTold = false;
  #isAsking = false;
  #retry: NodeJS.Timeout | undefined;

  constructor(options: EventSubscriptionOptions) {
    this.#options = options;
  }

  begin(): void {
    this.#sid = this.#options.wire().subscribe(this.#options.subject);
  }

  /** The subscription has been sent on a new connection. */
  onConnected(): void {
    this.#connection++;
    this.#isTold = false;
    void this.#ask();
  }

  onDisconnected(): void {
    this.#connection++;
    clearTimeout(this.#retry);
  }

  /** Whether what a server said was about the subscription. */
  onServerError(text: string): boolean {
    if (!refusesSubscription(text)) return false;
    this.#refusal = text;
    // While it is being asked for, the answer to the flush comes next.
    if (!this.#isAsking) this.#onRefused(text);
    return true;
  }

  async #ask(): Promise<void> {
    const connection = this.#connection;
    this.#refusal = undefined;
    this.#isAsking = true;
    try {
      await this.#options.wire().flush();
    } catch {
      // It is lost: the next one is asked anew.
      return;
    }
    if (connection !== this.#connection) return;
    this.#isAsking = false;
    if (this.#refusal === undefined) {
      this.#isTold = false;
      this.#options.onTaken();
    } else {
      this.#onRefused(this.#refusal);
    }
  }

  #onRefused(text: string): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#askAgain(), RETRY_MS);
    if (this.#isTold) return;
    this.#isTold = true;
    this.#options.onRefused(text);
  }

  #askAgain(): void {
    const wire = this.#options.wire();
    if (!wire.connected) return;
    wire.unsubscribe(this.#sid);
    this.#sid = wire.subscribe(this.#options.subject);
    void this.#ask();
  }
}
