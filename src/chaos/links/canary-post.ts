import { nowNs } from '../../base/clock.js';
import { messageOf } from '../../base/errors.js';
import type { ServerAccess } from '../../contracts/load.js';
import { WireConnection } from '../../wire/connection.js';
import type { MessageView } from '../../wire/parser.js';

/** A look is short: a post that cannot be opened within this time is none. */
const CONNECT_MS = 1_000;

export interface CanaryPostOptions {
  readonly access: ServerAccess;
  readonly name: string;
  /** What it listens to. */
  readonly subject: string;
  onMessage(view: MessageView, atNs: number): void;
}

/** A connection of our own at one end of a way: it sends canaries and hears those that come. */
export class CanaryPost {
  /** Resolves when it is open, or cannot be opened. Never rejects. */
  readonly opened: Promise<void>;
  readonly #wire: WireConnection;
  readonly #ends: string[] = [];
  #connects = 0;
  #problem: string | undefined;
  #isClosed = false;

  constructor({ access, name, subject, onMessage }: CanaryPostOptions) {
    this.#wire = new WireConnection(
      { access, name, connectTimeoutMs: CONNECT_MS },
      {
        onMessage: (view) => onMessage(view, nowNs()),
        onConnected: () => {
          this.#connects++;
        },
        onDisconnected: (reason) => {
          if (!this.#isClosed) this.#ends.push(reason);
        },
        onRefused: (_, reason) => {
          this.#problem = reason;
        },
        onServerError: (text) => {
          this.#problem = text;
        },
      },
    );
    this.#wire.subscribe(subject);
    this.opened = this.#wire
      .connect()
      // The server has the subscription when it has answered what came after it.
      .then(() => this.#wire.flush())
      .catch((error) => {
        this.#problem = messageOf(error);
      });
  }

  get connected(): boolean {
    return this.#wire.connected;
  }

  /** It was never connected, and will not be. */
  get isDead(): boolean {
    return this.#connects === 0 && this.#problem !== undefined;
  }

  /** How often it was connected: its subscription is as old as its connection. */
  get connects(): number {
    return this.#connects;
  }

  /** Why each connection of its ended. */
  get ends(): readonly string[] {
    return this.#ends;
  }

  /** Why it could not be opened, or what the server held against it. */
  get problem(): string | undefined {
    return this.#problem;
  }

  get serverName(): string | undefined {
    return this.#wire.info?.server_name;
  }

  /** Returns false when there is no connection to write to. */
  publish(subject: string, payload: Uint8Array): boolean {
    if (!this.#wire.connected) return false;
    this.#wire.publish(subject, payload);
    return true;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#wire.close();
  }
}
