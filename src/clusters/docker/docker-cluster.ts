import type { Capability, Cluster, ClusterNode, NodeSignal, ProcessLook } from '../../contracts/cluster.js';
import type { ServerAccess } from '../../contracts/load.js';
import type { DockerStart, DockerUnpause, UndoHandlers } from '../../contracts/undo.js';
import type { ClusterAccounts } from '../cluster-accounts.js';
import type { ClusterTls } from '../cluster-tls.js';
import type { ContainerNode } from './container-node.js';
import { DOCKER_CAPABILITIES } from './docker-cluster-schema.js';
import { DOCKER_UNDO_ID } from './docker-cluster-undo.js';
import type { MeshLinks } from './mesh-links.js';

export interface DockerClusterParts {
  readonly engine: string;
  readonly servers: readonly ContainerNode[];
  readonly accounts: ClusterAccounts;
  readonly tls: ClusterTls | undefined;
  /** Absent for a single server. */
  readonly links: MeshLinks | undefined;
  /** Removes all that was made. */
  readonly remove: () => Promise<void>;
}

/** nats-servers of ours in containers of ours. */
export class DockerCluster implements Cluster {
  readonly driver = 'docker';
  readonly capabilities: ReadonlySet<Capability> = new Set(DOCKER_CAPABILITIES);
  readonly nodes: readonly ClusterNode[];
  readonly access: ServerAccess;
  readonly observerAccess: ServerAccess;
  readonly systemAccess: ServerAccess;
  readonly links?: MeshLinks;
  readonly servers: readonly ContainerNode[];
  readonly #parts: DockerClusterParts;
  #records = 0;
  #closing: Promise<void> | undefined;

  constructor(parts: DockerClusterParts) {
    const { servers, accounts, tls, links } = parts;
    this.#parts = parts;
    this.servers = servers;
    this.nodes = servers.map(({ view }) => view);
    const addresses = this.nodes.map(({ host, clientPort: port }) => ({ host, port }));
    const way = { servers: addresses, ...(tls && { tls: tls.access }) };
    this.access = { ...way, ...accounts.events };
    this.observerAccess = this.access;
    this.systemAccess = { ...way, ...accounts.system };
    if (links) this.links = links;
  }

  node(name: string): ClusterNode {
    return this.#server(name).view;
  }

  startRecord(name: string): DockerStart {
    const { container } = this.#server(name);
    return {
      kind: 'docker-start',
      id: `start-${name}-${++this.#records}`,
      what: `start node ${name} again`,
      manual: `docker start ${container.name}`,
      within: DOCKER_UNDO_ID,
      engine: this.#parts.engine,
      container: container.id,
    };
  }

  continueRecord(name: string): DockerUnpause {
    const { container } = this.#server(name);
    return {
      kind: 'docker-unpause',
      id: `continue-${name}-${++this.#records}`,
      what: `let node ${name} go on`,
      manual: `docker unpause ${container.name}`,
      within: DOCKER_UNDO_ID,
      engine: this.#parts.engine,
      container: container.id,
    };
  }

  async signal(name: string, signal: NodeSignal): Promise<void> {
    await this.#server(name).signal(signal);
  }

  async startNode(name: string): Promise<void> {
    await this.#server(name).start();
  }

  async lookAtProcess(name: string): Promise<ProcessLook> {
    return this.#server(name).look();
  }

  /** Nodes are started through us, so that we know what they are about; a cut is lifted without lifting others. */
  readonly undoHandlers: Partial<UndoHandlers> = {
    'docker-start': async ({ container }) => {
      const server = this.servers.find((each) => each.container.id === container) as ContainerNode;
      await server.start();
      return `node ${server.view.name} was started`;
    },
    'docker-connect': async ({ effect, alias }) => {
      await this.links?.lift(effect);
      return `${alias} is cut off by ${effect} no more`;
    },
    'docker-unshape': async ({ effect, container }) => {
      await this.links?.lift(effect);
      const { view } = this.servers.find((each) => each.container.id === container) as ContainerNode;
      return `${view.name} is slowed down by ${effect} no more`;
    },
  };

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.close()));
    await this.#parts.remove();
  }

  #server(name: string): ContainerNode {
    const server = this.servers.find(({ view }) => view.name === name);
    if (!server)
      throw new RangeError(`there is no node ${name}: ${this.nodes.map((each) => each.name).join(', ')}`);
    return server;
  }
}
