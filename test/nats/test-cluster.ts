import { type AddressInfo, createServer } from 'node:net';
import type { ServerAccess } from '../../src/contracts/load.js';
import { startTestServer, type TestServer } from '../support/nats-server.js';

/** Three real servers with JetStream that route to each other; `await using` ends them. */
export interface TestCluster extends AsyncDisposable {
  readonly access: ServerAccess;
  readonly nodes: readonly (TestServer & { readonly name: string })[];
}

export async function startTestCluster(size = 3): Promise<TestCluster> {
  const routePorts = await freePorts(size);
  const routes = routePorts.map((port) => `nats://127.0.0.1:${port}`);
  const started = await Promise.allSettled(
    routePorts.map(async (port, index) => {
      const name = `n${index + 1}`;
      const cluster = { name: 'test', listen: `127.0.0.1:${port}`, routes };
      const server = await startTestServer({ jetstream: true, config: { server_name: name, cluster } });
      return { ...server, name };
    }),
  );
  const nodes = started.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
  const end = async () => {
    await Promise.all(nodes.map((node) => node[Symbol.asyncDispose]()));
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

/** Held until all are known, so that they differ. */
async function freePorts(count: number): Promise<number[]> {
  const listeners = await Promise.all(
    Array.from({ length: count }, async () => {
      const listener = createServer();
      await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
      return listener;
    }),
  );
  const ports = listeners.map((listener) => (listener.address() as AddressInfo).port);
  await Promise.all(listeners.map((listener) => new Promise((resolve) => listener.close(resolve))));
  return ports;
}
