// What the benches ask of JetStream, by its public client.
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';

export async function createStream(port, name, subjects) {
  const connection = await connect({ servers: `127.0.0.1:${port}` });
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name, subjects, storage: 'memory' });
  await connection.close();
}
