import { afterEach, describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import { WireConnection } from '../../src/wire/connection.js';
import { startTestServer, type TestServer } from '../support/nats-server.js';

describe('WireConnection', () => {
  it('publishes and receives', async () => {
    const server = await startTestServer();
    const got: string[] = [];
    const c = new WireConnection({ access: { servers: [{ host: '127.0.0.1', port: server.port }] }, name: 't' }, {
      onMessage: (v) => { got.push(Buffer.from(v.buffer.subarray(v.payloadStart, v.payloadEnd)).toString()); },
    });
    await c.connect();
    c.subscribe('a.*');
    c.publish('a.b', 'hello');
    await c.flush();
    expect(got).toEqual(['hello']);
    await c.close();
    await server.stop();
  });
});
