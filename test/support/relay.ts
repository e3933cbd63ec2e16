import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Transform } from 'node:stream';
import type { ServerAccess } from '../../src/contracts/load.js';

/** A way to a server that a test can cut: what is connected through it loses its connection, and can come again. */
export interface Relay extends AsyncDisposable {
  readonly access: ServerAccess;
  /** Ends every connection through the relay; returns how many there were. */
  cut(): number;
  /** What was held back gets through, and all that comes. */
  letThrough(): void;
}

/** @param holdFrom what a client says from the first chunk with this text on does not get through */
export async function startRelay(port: number, holdFrom?: string): Promise<Relay> {
  const pairs = new Set<readonly [Socket, Socket]>();
  const gates = new Set<Gate>();
  const server = createServer((client) => {
    const upstream = connect({ host: '127.0.0.1', port });
    const pair = [client, upstream] as const;
    pairs.add(pair);
    const end = () => {
      pairs.delete(pair);
      client.destroy();
      upstream.destroy();
    };
    for (const socket of pair) socket.on('error', end).on('close', end);
    const gate = new Gate(holdFrom);
    gates.add(gate);
    client.pipe(gate).pipe(upstream).pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    const count = pairs.size;
    for (const [client, upstream] of pairs) {
      client.destroy();
      upstream.destroy();
    }
    return count;
  };
  return {
    access: { servers: [{ host: '127.0.0.1', port: (server.address() as AddressInfo).port }] },
    cut,
    letThrough() {
      for (const gate of gates) gate.open();
    },
    async [Symbol.asyncDispose]() {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}

class Gate extends Transform {
  readonly #held: Buffer[] = [];
  #from: string | undefined;
  #isShut = false;

  constructor(from: string | undefined) {
    super();
    this.#from = from;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: (error: null, chunk?: Buffer) => void) {
    this.#isShut ||= this.#from !== undefined && chunk.includes(this.#from);
    if (this.#isShut) this.#held.push(chunk);
    done(null, this.#isShut ? undefined : chunk);
  }

  open(): void {
    for (const chunk of this.#held.splice(0)) this.push(chunk);
    this.#from = undefined;
    this.#isShut = false;
  }
}
