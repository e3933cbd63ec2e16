import { connect, type Msg } from '@nats-io/transport-node';

/** A subscriber with the NATS.js client, and what it makes of each message, in the order in which they came. */
export interface Subscriber<T> extends AsyncDisposable {
  /** Throws what went wrong with a message. */
  readonly seen: T[];
}

/** Resolves when the server knows of the subscription. */
export async function subscribe<T>(
  port: number,
  subject: string,
  read: (message: Msg) => T,
): Promise<Subscriber<T>> {
  const connection = await connect({ servers: `127.0.0.1:${port}` });
  const seen: T[] = [];
  const errors: unknown[] = [];
  connection.subscribe(subject, {
    // The client takes what a callback throws for an error of its own, and no test would hear of it.
    callback: (_, message) => {
      try {
        seen.push(read(message));
      } catch (error) {
        errors.push(error);
      }
    },
  });
  await connection.flush();
  return {
    get seen() {
      if (errors.length > 0) throw errors[0];
      return seen;
    },
    [Symbol.asyncDispose]: () => connection.close(),
  };
}
