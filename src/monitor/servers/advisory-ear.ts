import type { NatsConnection } from '@nats-io/transport-node';
import { sleep } from '../../base/clock.js';
import { messageOf } from '../../base/errors.js';
import type { ServerAccess } from '../../contracts/load.js';
import { type ToldAdvisory, watchToldAdvisories } from '../../nats/advisories.js';
import { connectControl } from '../../nats/connect.js';
import { accountOf } from '../../nats/server-door.js';

const RETRY_MS = 1000;
const ASK_MS = 2000;
const CLOSE_MS = 1000;

export interface AdvisoryEarOptions {
  readonly access: ServerAccess;
  /** The name under which the servers list the connection. */
  readonly name: string;
  /** @param account in which it was heard; undefined where that is not known */
  readonly onAdvisory: (advisory: ToldAdvisory, account: string | undefined) => void;
  /** What servers tell the account of the system about themselves: `SHUTDOWN`, `LAMEDUCK`. */
  readonly onSystemNews?: (what: string) => void;
  /** Nobody lets it in, and why: each time that was tried. */
  readonly onTrouble?: (reason: string) => void;
}

/** Listens to advisories in one account, on a connection of its own that is made, and made anew, whenever a server takes it. */
export class AdvisoryEar {
  readonly #options: AdvisoryEarOptions;
  readonly #ended = new AbortController();
  #connection: NatsConnection | undefined;
  #account: string | undefined;

  constructor(options: AdvisoryEarOptions) {
    this.#options = options;
    void this.#connect();
  }

  /** Undefined as long as no server has ever let it in. */
  get connection(): NatsConnection | undefined {
    return this.#connection;
  }

  /** The name of its account; undefined where that is not known. */
  get account(): string | undefined {
    return this.#account;
  }

  async end(): Promise<void> {
    this.#ended.abort();
    // A connection that is looking for a server has nobody to take leave of.
    const closed = this.#connection?.close().catch(() => {});
    const patience = new AbortController();
    await Promise.race([closed, sleep(CLOSE_MS, patience.signal).catch(() => {})]);
    patience.abort();
  }

  async #connect(): Promise<void> {
    const { signal } = this.#ended;
    const { access, name } = this.#options;
    while (!signal.aborted) {
      try {
        const connection = await connectControl(access, { name });
        if (signal.aborted) return await connection.close();
        this.#connection = connection;
        void this.#hearOfTrouble(connection);
        this.#listen(connection);
        this.#account = await accountOf(connection, ASK_MS);
        return;
      } catch (thrown) {
        this.#options.onTrouble?.(messageOf(thrown));
        await sleep(RETRY_MS, signal).catch(() => {});
      }
    }
  }

  /** Its credentials may be refused later, too. */
  async #hearOfTrouble(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === 'error' && /authorization|authentication/i.test(status.error.message)) {
        this.#options.onTrouble?.(status.error.message);
      }
    }
  }

  #listen(connection: NatsConnection): void {
    const { onAdvisory, onSystemNews } = this.#options;
    watchToldAdvisories(connection, (advisory) => onAdvisory(advisory, this.#account));
    if (onSystemNews === undefined) return;
    for (const what of ['SHUTDOWN', 'LAMEDUCK']) {
      connection.subscribe(`$SYS.SERVER.*.${what}`, {
        callback: (error) => {
          if (!error) onSystemNews(what);
        },
      });
    }
  }
}
