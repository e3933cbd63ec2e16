// A cluster of our own with one JetStream stream, for the benches that publish into it.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { processClusterSchema } from '../../dist/clusters/process-cluster-schema.js';
import { startProcessCluster } from '../../dist/clusters/start-process-cluster.js';
import { findTool } from './bench-server.mjs';

export const STREAM = 'benchstream';
export const SUBJECT = 'benchsubject';

/** As many servers as the stream has replicas; `port` leads to the stream's leader, through the links where there are some. */
export async function startStreamCluster({
  name,
  directory,
  replicas,
  links = { routes: false, clients: false },
}) {
  const cluster = await startProcessCluster(processClusterSchema.parse({ nodes: replicas }), {
    runId: `bench-${name}-${process.pid}`,
    logDir: join(directory, name, 'logs'),
    workDir: join(directory, name, 'work'),
    stateDir: join(directory, 'state'),
    serverPath: await findTool('nats-server'),
    ...((links.routes || links.clients) && { toxiproxyPath: await findTool('toxiproxy') }),
    links,
    signal: new AbortController().signal,
    onNodeEvent: () => {},
  });
  const connection = await connect({ servers: `127.0.0.1:${cluster.nodes[0].clientPort}` });
  const manager = await jetstreamManager(connection, { timeout: 20_000 });
  for (let made; !made; ) {
    made = await manager.streams
      .add({
        ...{ name: STREAM, subjects: [SUBJECT], storage: 'file', num_replicas: replicas },
        ...{ allow_atomic: true, allow_batched: true },
      })
      .catch(() => sleep(200));
  }
  const { cluster: group } = await manager.streams.info(STREAM);
  const leader = Math.max(
    0,
    cluster.nodes.findIndex(({ name: node }) => node === group?.leader),
  );
  return {
    port: cluster.access.servers[leader].port,
    stored: async () => (await manager.streams.info(STREAM)).state.messages,
    /** Empties the stream, once nothing comes any more of a publisher that was ended. */
    async purge() {
      for (let last = -1; ; ) {
        const { messages } = (await manager.streams.info(STREAM)).state;
        if (messages === last) break;
        last = messages;
        await sleep(200);
      }
      await manager.streams.purge(STREAM);
    },
    async stop() {
      await connection.close();
      await cluster[Symbol.asyncDispose]();
    },
  };
}
