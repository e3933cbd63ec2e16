import type { ServerAccess } from '../../src/contracts/load.js';
import { startTestServer, type TestServer } from '../support/nats-server.js';
import { leaseTestPorts } from '../support/test-ports.js';

/** Three real servers with JetStream that route to each other; `await using` ends them. */
export interface TestCluster extends AsyncDisposable {
  readonly access: ServerAccess;
  readonly nodes: readonly (TestServer & { readonly name: string })[];
}

export async function startTestCluster(size = 3): Promise<TestCluster> {
  // Claimed, and none that a client may be given: what is only looked at and let go may be somebody's when a server wants it.
  const lease = await leaseTestPorts(size);
  const routes = lease.ports.map((port) => `nats://127.0.0.1:${port}`);
  const started = await Promise.allSettled(
    lease.ports.map(async (port, index) => {
      const name = `n${index + 1}`;
      const cluster = { name: 'test', listen: `127.0.0.1:${port}`, routes };
      const server = await startTestServer({ jetstream: true, config: { server_name: name, cluster } });
      return { ...server, name };
    }),
  );
  const nodes = started.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
  const end = async () => {
    await Promise.all(nodes.map((node) => node[Symbol.asyncDispose]()));
    lease[Symbol.dispose]();
  };
  const failed = started.find((start) => start.status === 'rejected');
  if (failed) {
    await end();
    throw failed.reason;
  }
  return {
    access: { servers: nodes.map(({ port }) => ({ host: '127.0.0.1', port })) },
    nodes,
    [Symbol.asyncDispose]: end,
  };
}
