import type { ClusterNode } from '../contracts/cluster.js';
import type { ServerAccess } from '../contracts/load.js';
import type { Membership } from '../contracts/membership.js';
import type { RemoveNode } from '../contracts/undo.js';
import { findPeerId, removePeer } from '../nats/remove-peer.js';
import { CLUSTER_UNDO_ID } from './cluster-undo.js';
import type { ServerLayout } from './server-layout.js';
import type { ServerNode } from './server-node.js';
import type { NodePorts } from './server-settings.js';

/** An election takes 4 to 9 s; the leader that is to remove a peer may be the one that was just ended. */
const REMOVED_WITHIN_MS = 20_000;

/** The servers of a cluster, as its membership changes them. */
export interface ServerRoster {
  readonly nodes: readonly ClusterNode[];
  /** Those that are away, too. */
  readonly servers: ServerNode[];
  readonly away: Set<string>;
  readonly systemAccess: ServerAccess;
  server(name: string): ServerNode;
}

export interface ProcessMembershipOptions {
  readonly roster: ServerRoster;
  readonly layout: ServerLayout;
  readonly mark: string;
  readonly jetstream: boolean;
  /** By version. */
  readonly serverPaths: ReadonlyMap<string, string>;
  reservePorts(name: string): Promise<NodePorts>;
}

/** Servers of ours that join a cluster and leave it while it runs. */
export class ProcessMembership implements Membership {
  readonly #options: ProcessMembershipOptions;
  readonly #isCluster: boolean;
  #lastNumber: number;
  #records = 0;
  #closed = false;
  /** By node: what was last begun. */
  readonly #changes = new Map<string, Promise<void>>();
  readonly #joining = new Set<Promise<void>>();
  /** By node: how many servers stood in its place that were removed. */
  readonly #removals = new Map<string, number>();

  constructor(options: ProcessMembershipOptions) {
    this.#options = options;
    this.#lastNumber = options.roster.servers.length;
    this.#isCluster = this.#lastNumber > 1;
  }

  nextName(): string {
    return `n${++this.#lastNumber}`;
  }

  removeRecord(name: string): RemoveNode {
    const { roster, layout, mark } = this.#options;
    const argument = layout.configFile(name);
    return {
      kind: 'remove-node',
      id: `remove-${name}-${++this.#records}`,
      what: `take node ${name} away again`,
      manual: `pkill -f -- '-c ${argument}'; nats --user system server cluster peer-remove ${name} --force`,
      within: CLUSTER_UNDO_ID,
      node: name,
      serverName: name,
      argument,
      mark,
      monitorUrls: roster.nodes.flatMap(({ monitorUrl }) => monitorUrl ?? []),
    };
  }

  add(name: string): Promise<void> {
    const joining = this.#inTurn(name, () => this.#add(name)).finally(() => this.#joining.delete(joining));
    this.#joining.add(joining);
    return joining;
  }

  remove(name: string): Promise<void> {
    return this.#inTurn(name, () => this.#remove(name));
  }

  /** Takes a node away for good: no configuration that is written from then on routes to it. */
  async dismiss(name: string): Promise<void> {
    await this.remove(name);
    this.#options.layout.forget(name);
  }

  /** Resolves when no change to the node is under way: one that was given up on may still be. */
  async settled(name: string): Promise<void> {
    await this.#changes.get(name)?.catch(() => {});
  }

  /** From here on nobody joins any more; resolves when nobody is about to. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#joining);
  }

  #inTurn(name: string, change: () => Promise<void>): Promise<void> {
    const turn = this.settled(name).then(change);
    this.#changes.set(name, turn);
    return turn;
  }

  async #add(name: string): Promise<void> {
    const { roster, layout, reservePorts } = this.#options;
    if (!this.#isCluster) throw new Error('a single server has no cluster that another could join');
    if (this.#closed) throw new Error(`node ${name} cannot join a cluster that is closed`);
    if (roster.servers.some(({ view }) => view.name === name)) throw new Error(`there is a node ${name}`);
    layout.reserve(name, await reservePorts(name));
    const server = await layout.layOut(name);
    if (this.#closed) throw new Error(`node ${name} cannot join a cluster that is closed`);
    roster.servers.push(server);
    await server.start();
  }

  async #remove(name: string): Promise<void> {
    const { roster, layout, jetstream } = this.#options;
    const server = roster.servers.find(({ view }) => view.name === name);
    // What is taken away need not have been added.
    if (server === undefined || roster.away.has(name)) return;
    const { serverName = name } = server.view;
    const others = roster.nodes.filter((node) => node.name !== name);
    const peerId = jetstream ? await findPeerId(others, serverName) : undefined;
    await server.stop();
    if (jetstream) {
      await removePeer(throughNodes(roster.systemAccess, others), { serverName, peerId }, REMOVED_WITHIN_MS);
    }
    roster.away.add(name);
    // A removed peer is not taken back for five minutes, with an empty store neither: its id comes from its name.
    const removals = (this.#removals.get(name) ?? 0) + 1;
    this.#removals.set(name, removals);
    const successor = `${name}-${removals + 1}`;
    server.become({ serverName: successor, ...(await layout.configure(name, successor)) });
  }

  setVersion(name: string, version: string | undefined): void {
    const { roster, serverPaths } = this.#options;
    const path = version === undefined ? undefined : serverPaths.get(version);
    if (version !== undefined && path === undefined) {
      throw new RangeError(`nats-server ${version} was not provided for this run`);
    }
    roster.server(name).useCommand(path);
  }
}

/** Only servers that run are asked. */
function throughNodes(access: ServerAccess, nodes: readonly ClusterNode[]): ServerAccess {
  const servers = nodes
    .filter(({ process }) => process !== undefined)
    .map(({ host, clientPort: port }) => ({ host, port }));
  return { ...access, servers };
}
