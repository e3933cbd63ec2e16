import { connect as dial } from 'node:net';
import { connect } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import { openControl } from '../../src/nats/control.js';
import { startTestServer } from '../support/nats-server.js';

describe('slow consumers', () => {
  it('are known by the name of their connection, in the words of the server that cut them off', async () => {
    await using server = await startTestServer({
      config: { max_payload: 500_000, max_pending: 1_000_000, write_deadline: '200ms' },
    });
    const node = { name: 'n1', monitorUrl: server.monitorUrl };
    const control = await openControl({ access: server.access, nodes: [node] });
    // It subscribes, and never reads.
    const socket = dial(server.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.pause();
    socket.write('CONNECT {"name":"stormglass 1234 orders 0","verbose":false}\r\nSUB > 1\r\nPING\r\n');
    const publisher = await connect({ servers: `127.0.0.1:${server.port}`, name: 'stormglass 1234 fast 0' });
    try {
      const slow = await waitFor(
        async () => {
          for (let i = 0; i < 32; i++) publisher.publish('a', Buffer.alloc(256_000));
          await publisher.flush();
          const seen = await control.slowConsumers('stormglass 1234 ');
          return seen.length > 0 && seen;
        },
        { timeoutMs: 60_000 },
      );
      expect(slow).toEqual([
        {
          connectionName: 'stormglass 1234 orders 0',
          reason: expect.stringMatching(/^Slow Consumer/),
          node: 'n1',
        },
      ]);
      expect(await control.slowConsumers('stormglass 5678 ')).toEqual([]);
    } finally {
      socket.destroy();
      await publisher.close();
      await control[Symbol.asyncDispose]();
    }
  });
});
