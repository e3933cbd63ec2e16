import type { NatsConnection } from '@nats-io/transport-node';
import { sleep } from '../../base/clock.js';
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
        this.#listen(connection);
        this.#account = await accountOf(connection, ASK_MS);
        return;
      } catch {
        // That nobody lets it in, the monitor itself says: this goes on trying.
        await sleep(RETRY_MS, signal).catch(() => {});
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
