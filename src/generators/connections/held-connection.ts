import { NS } from '../../base/clock.js';
import { Deadline } from '../../base/deadline.js';
import { messageOf } from '../../base/errors.js';
import { formatDuration } from '../../base/units.js';
import type { ServerAccess } from '../../contracts/load.js';
import { CLOSED_BY_US, WireConnection } from '../../wire/connection.js';

/** As clients of NATS do. */
const PING_EVERY_MS = 120_000;

export interface HeldConnectionOptions {
  /** One server: an attempt is made at it alone. */
  readonly access: ServerAccess;
  readonly name: string;
  readonly timeoutMs: number;
  /** What it listens to. */
  readonly subjects: readonly string[];
  onLost(connection: HeldConnection, reason: string): void;
  onServerError(text: string): void;
}

/** One connection of a storm: it is opened once, and never comes back by itself. */
export class HeldConnection {
  /** Monotonic; 0 until it is open. */
  openedNs = 0;
  readonly #options: HeldConnectionOptions;
  readonly #wire: WireConnection;
  #refusal: string | undefined;

  constructor(options: HeldConnectionOptions) {
    this.#options = options;
    const { access, name, timeoutMs } = options;
    this.#wire = new WireConnection(
      { access, name, echo: false, connectTimeoutMs: timeoutMs, pingEveryMs: PING_EVERY_MS },
      {
        onMessage: () => {},
        onServerError: (text) => {
          this.#refusal ??= text;
          options.onServerError(text);
        },
        onDisconnected: (reason) => this.#onDisconnected(reason),
      },
    );
  }

  /** Resolves when the server has let it in, and has its subscriptions; rejects with why it does not. */
  async open(): Promise<void> {
    const { subjects, timeoutMs } = this.#options;
    let deadline: Deadline | undefined;
    const late = new Promise<never>((_, reject) => {
      deadline = new Deadline(timeoutMs, () =>
        reject(new Error(`no word of its subscriptions within ${formatDuration(timeoutMs * NS.ms)}`)),
      );
    });
    // While it connects, the connection's own deadline speaks.
    late.catch(() => {});
    try {
      await this.#connect();
      if (subjects.length === 0) return;
      for (const subject of subjects) this.#wire.subscribe(subject);
      await Promise.race([this.#wire.flush(), late]);
    } finally {
      deadline?.clear();
    }
    if (this.#refusal !== undefined) throw new Error(this.#refusal);
  }

  async #connect(): Promise<void> {
    try {
      await this.#wire.connect();
    } catch (error) {
      throw new Error(messageOf(error).replace(/^cannot connect: /, ''), { cause: error });
    }
  }

  close(): Promise<void> {
    return this.#wire.close();
  }

  #onDisconnected(reason: string): void {
    if (reason === CLOSED_BY_US) return;
    // It would try again, as a client does: that is the load's to decide.
    void this.#wire.close();
    this.#options.onLost(this, reason);
  }
}
