import { jetstreamManager, type StreamConfig } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { PATIENT_CLIENT } from '../support/answered.js';
import { startTestServer } from '../support/nats-server.js';

/** A server with the stream ORDERS, for the events of `ORDERS` unless told, and a connection that looks into it. */
export async function startWithStream(config: Partial<StreamConfig> & Record<string, unknown> = {}) {
  const server = await startTestServer({ jetstream: true });
  const connection = await connect({ servers: `127.0.0.1:${server.port}` });
  const manager = await jetstreamManager(connection, PATIENT_CLIENT);
  await manager.streams.add({ name: 'ORDERS', subjects: ['cim.events.orders.>'], ...config });
  return {
    server,
    connection,
    manager,
    stored: async () => (await manager.streams.info('ORDERS')).state.messages,
    async [Symbol.asyncDispose]() {
      await connection.close();
      await server[Symbol.asyncDispose]();
    },
  };
}
