import { messageOf } from '../base/errors.js';
import type { ClusterNode } from '../contracts/cluster.js';
import { type ConnzPage, readConnz } from '../nats/endpoints.js';

type Connection = ConnzPage['connections'][number];

/** What a server says of the connections whose name begins so. */
export interface ClientsSeen {
  readonly open: readonly Connection[];
  /** A server remembers the last 10,000 that were closed. */
  readonly closed: readonly Connection[];
}

const PAGE_CONNECTIONS = 10_000;

/** Asks one server's /connz; a text where it does not answer. */
export async function seeClients(
  { monitorUrl }: ClusterNode,
  namePrefix: string,
): Promise<ClientsSeen | string> {
  if (monitorUrl === undefined) return 'its monitoring endpoint is not known';
  try {
    const [open, closed] = await Promise.all([
      readAll(monitorUrl, namePrefix, 'open'),
      readAll(monitorUrl, namePrefix, 'closed'),
    ]);
    return { open, closed };
  } catch (thrown) {
    return messageOf(thrown);
  }
}

async function readAll(monitorUrl: string, prefix: string, state: 'open' | 'closed'): Promise<Connection[]> {
  const ours: Connection[] = [];
  for (let offset = 0; ; offset += PAGE_CONNECTIONS) {
    const { connections, total } = await readConnz(monitorUrl, offset, PAGE_CONNECTIONS, state);
    for (const connection of connections) if (connection.name?.startsWith(prefix)) ours.push(connection);
    if (connections.length === 0 || offset + connections.length >= total) return ours;
  }
}
