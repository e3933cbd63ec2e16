import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Transform } from 'node:stream';
import type { ServerAccess } from '../../src/contracts/load.js';

/** A way to a server that a test can cut: what is connected through it loses its connection, and can come again. */
export interface Relay extends AsyncDisposable {
  readonly access: ServerAccess;
  /** Ends every connection through the relay; returns how many there were. */
  cut(): number;
}

/** @param swallowFrom what a client says from the first chunk with this text on does not get through */
export async function startRelay(port: number, swallowFrom?: string): Promise<Relay> {
  const pairs = new Set<readonly [Socket, Socket]>();
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
    client.pipe(swallowing(swallowFrom)).pipe(upstream).pipe(client);
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
    async [Symbol.asyncDispose]() {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}

function swallowing(from: string | undefined): Transform {
  let isOver = false;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      isOver ||= from !== undefined && chunk.includes(from);
      if (isOver) done();
      else done(null, chunk);
    },
  });
}
