import type { JetStreamManager } from '@nats-io/jetstream';
import type { RaftGroup } from '../contracts/control.js';
import { type JszPage, readJszWithStreams } from './endpoints.js';
import type { MonitoredNode } from './leaders.js';
import { nodeNameOf } from './node-names.js';

interface GroupPage {
  readonly leader?: string;
  readonly replicas?: readonly { readonly name: string }[];
}

/**
 * Every Raft group: the meta group, and streams and consumers of more than one replica. Asked of the nodes' own pages,
 * which tell of every account; of the JetStream API, which tells of our own streams, where there are none.
 */
export async function readRaftGroups(
  jsm: JetStreamManager,
  nodes: readonly MonitoredNode[],
): Promise<readonly RaftGroup[]> {
  const groups = new GroupBook((serverName) => nodeNameOf(nodes, serverName));
  const pages = await Promise.all(
    nodes.map(async ({ name, monitorUrl }) => {
      const page = monitorUrl && (await readJszWithStreams(monitorUrl).catch(() => undefined));
      return page ? { name, page } : undefined;
    }),
  );
  const answers = pages.filter((answer) => answer !== undefined);
  for (const { name, page } of answers) groups.addPage(name, page);
  if (answers.length === 0) {
    for await (const { config, cluster } of jsm.streams.list()) {
      groups.add(`stream ${config.name}`, cluster, cluster?.leader);
      for await (const consumer of jsm.consumers.list(config.name)) {
        groups.add(`consumer ${config.name} > ${consumer.name}`, consumer.cluster, consumer.cluster?.leader);
      }
    }
  }
  return groups.all();
}

/** Who is in which group, from whoever tells of it: a page leaves out the one who wrote it. */
class GroupBook {
  readonly #peers = new Map<string, Set<string>>();
  readonly #nodeName: (serverName: string) => string;

  constructor(nodeName: (serverName: string) => string) {
    this.#nodeName = nodeName;
  }

  addPage(writer: string, page: JszPage): void {
    this.add('meta', page.meta_cluster, writer);
    for (const { stream_detail: streams = [] } of page.account_details ?? []) {
      for (const { name, cluster, consumer_detail: consumers = [] } of streams) {
        this.add(`stream ${name}`, cluster, writer);
        for (const consumer of consumers)
          this.add(`consumer ${name} > ${consumer.name}`, consumer.cluster, writer);
      }
    }
  }

  add(group: string, page: GroupPage | undefined, writer: string | undefined): void {
    if (page === undefined) return;
    const peers = this.#peers.get(group) ?? new Set();
    for (const name of [writer, page.leader, ...(page.replicas ?? []).map((each) => each.name)]) {
      if (name) peers.add(this.#nodeName(name));
    }
    this.#peers.set(group, peers);
  }

  all(): RaftGroup[] {
    return [...this.#peers]
      .filter(([, peers]) => peers.size > 1)
      .map(([name, peers]) => ({ name, peers: [...peers].sort() }));
  }
}
