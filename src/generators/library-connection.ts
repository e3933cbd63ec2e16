import type { NatsConnection } from '@nats-io/transport-node';
import type { ServerAccess } from '../contracts/load.js';
import { connectControl } from '../nats/connect.js';
import type { NoticeBook } from './notice-book.js';

/** A connection of the client library, for the kinds of load that are calls of it. */
export class LibraryConnection {
  readonly nats: NatsConnection;
  #isUp = true;

  private constructor(nats: NatsConnection) {
    this.nats = nats;
  }

  /** Connects; what the connection meets from then on is noticed. Throws a PreflightError. */
  static async open(access: ServerAccess, name: string, notices: NoticeBook): Promise<LibraryConnection> {
    const opened = new LibraryConnection(await connectControl(access, { name }));
    void opened.#watch(notices);
    return opened;
  }

  get isUp(): boolean {
    return this.#isUp && !this.nats.isClosed();
  }

  async close(): Promise<void> {
    this.#isUp = false;
    await this.nats.close();
  }

  async #watch(notices: NoticeBook): Promise<void> {
    for await (const status of this.nats.status()) {
      switch (status.type) {
        case 'disconnect':
          this.#isUp = false;
          notices.add('disconnected', status.server);
          break;
        case 'reconnect':
          this.#isUp = true;
          notices.add('reconnected', `to ${status.server}`);
          break;
        case 'error':
          notices.addServerError(status.error.message);
          break;
        case 'slowConsumer':
          notices.add('slow-consumer', `${status.pending} messages are waiting for us`);
          break;
      }
    }
  }
}
