import type { Capability, Cluster, ClusterNode, NodeSignal, ProcessLook } from '../contracts/cluster.js';
import type { LinkControl } from '../contracts/links.js';
import type { ServerAccess } from '../contracts/load.js';
import type { ContinueProcess, StartNode, UndoHandlers } from '../contracts/undo.js';
import { isAlive, isStopped } from '../processes/identity.js';
import { unmountBelow } from '../processes/mounts.js';
import type { PortLease } from '../processes/port-lease.js';
import { RUN_MARK } from '../processes/run-mark.js';
import type { ClusterAccounts } from './cluster-accounts.js';
import type { ClusterTls } from './cluster-tls.js';
import { CLUSTER_UNDO_ID } from './cluster-undo.js';
import { PROCESS_CAPABILITIES } from './process-cluster-schema.js';
import type { ProcessMembership, ServerRoster } from './process-membership.js';
import { ProcessStores } from './process-stores.js';
import type { ServerNode } from './server-node.js';
import type { ProcessLinks } from './toxiproxy/process-links.js';

export interface ProcessClusterParts {
  readonly servers: readonly ServerNode[];
  readonly links: ProcessLinks | undefined;
  /** Where file systems of our own are mounted for stores. */
  readonly volumes: readonly string[];
  readonly workDir: string;
  readonly leases: readonly PortLease[];
  readonly mark: string;
  readonly accounts: ClusterAccounts;
  readonly tls: ClusterTls | undefined;
  membership(roster: ServerRoster): ProcessMembership;
}

/** nats-servers of ours, as child processes on 127.0.0.1. */
export class ProcessCluster implements Cluster, ServerRoster {
  readonly driver = 'process';
  readonly capabilities: ReadonlySet<Capability> = new Set(PROCESS_CAPABILITIES);
  readonly access: ServerAccess;
  readonly observerAccess: ServerAccess;
  readonly systemAccess: ServerAccess;
  readonly undoHandlers: Partial<UndoHandlers>;
  readonly membership: ProcessMembership;
  readonly stores: ProcessStores;
  /** Those that were taken out of the cluster, too: they may come back. */
  readonly servers: ServerNode[];
  /** By name: those that are no part of the cluster. */
  readonly away = new Set<string>();
  readonly #links: ProcessLinks | undefined;
  readonly #leases: readonly PortLease[];
  readonly #volumes: readonly string[];
  readonly #mark: string;
  #records = 0;
  #closing: Promise<void> | undefined;

  constructor(parts: ProcessClusterParts) {
    const { servers, links, leases, volumes, workDir, mark, accounts, tls, membership } = parts;
    this.servers = [...servers];
    this.#links = links;
    this.#leases = leases;
    this.#volumes = volumes;
    this.#mark = mark;
    const trust = tls && { tls: tls.access };
    const addresses = this.nodes.map(({ host, clientPort: port }) => ({ host, port }));
    this.observerAccess = { servers: addresses, ...trust, ...accounts.events };
    this.systemAccess = { servers: addresses, ...trust, ...accounts.system };
    const doors = this.nodes.map(({ name, host, clientPort }) => ({
      host,
      port: links?.clientPort(name) ?? clientPort,
    }));
    this.access = { ...this.observerAccess, servers: doors };
    this.undoHandlers = { ...this.#nodeUndoHandlers, ...links?.control.undoHandlers };
    this.membership = membership(this);
    this.stores = new ProcessStores({ workDir, mark, server: (name) => this.server(name) });
  }

  get links(): LinkControl | undefined {
    return this.#links?.control;
  }

  /** Before the servers: what they dial is there then. */
  async startLinks(): Promise<void> {
    await this.#links?.start();
  }

  get nodes(): readonly ClusterNode[] {
    return this.servers.map(({ view }) => view).filter(({ name }) => !this.away.has(name));
  }

  node(name: string) {
    return this.server(name).view;
  }

  startRecord(name: string): StartNode {
    const { command, args, logFile } = this.server(name);
    const line = [command, ...args].map((word) => `'${word}'`).join(' ');
    return {
      kind: 'start-node',
      id: `start-${name}-${++this.#records}`,
      what: `start node ${name} again`,
      manual: `${RUN_MARK}=${this.#mark} ${line} >>'${logFile}' 2>&1 &`,
      within: CLUSTER_UNDO_ID,
      node: name,
      command,
      args,
      mark: this.#mark,
      logFile,
    };
  }

  continueRecord(name: string): ContinueProcess {
    const { process } = this.node(name);
    if (process === undefined) throw new Error(`node ${name} is not running`);
    return {
      kind: 'continue-process',
      id: `continue-${name}-${++this.#records}`,
      what: `let node ${name} go on`,
      manual: `kill -CONT ${process.pid}`,
      within: CLUSTER_UNDO_ID,
      ...process,
    };
  }

  async signal(name: string, signal: NodeSignal): Promise<void> {
    await this.server(name).signal(signal);
  }

  /** The system's own list of processes decides, not what became of our child. */
  async lookAtProcess(name: string): Promise<ProcessLook> {
    const { process } = this.node(name);
    if (process === undefined || !isAlive(process)) return { state: 'down', saw: 'no process runs' };
    const instance = `${process.pid} since ${process.startedAt}`;
    return isStopped(process)
      ? { state: 'paused', instance, saw: `process ${process.pid} is stopped` }
      : { state: 'running', instance, saw: `process ${process.pid} runs` };
  }

  /** Nodes are started through us, so that we know their processes. */
  readonly #nodeUndoHandlers: Partial<UndoHandlers> = {
    'start-node': async ({ node }) => {
      await this.startNode(node);
      const death = await this.server(node).diesAtStart();
      if (death) throw new Error(`${node} ended again at once: ${death.detail}`);
      return `node ${node} was started`;
    },
    'rejoin-node': (record) => this.stores.rejoin(record),
    'remove-node': async ({ node }) => {
      await this.membership.dismiss(node);
      this.#links?.removeNode(node);
      return `node ${node} was removed`;
    },
  };

  async startNode(name: string): Promise<void> {
    await this.membership.settled(name);
    await this.server(name).start();
    this.away.delete(name);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // One that is just joining would be started after the others have ended.
    await this.membership.close();
    const outcomes = await Promise.allSettled(this.servers.map((server) => server.close()));
    outcomes.push(...(await Promise.allSettled([this.#links?.[Symbol.asyncDispose]()])));
    for (const lease of this.#leases) lease[Symbol.dispose]();
    // What a server still has open cannot be unmounted: its own failure is the one to tell.
    for (const volume of this.#volumes) {
      await unmountBelow(volume).catch((reason: unknown) => outcomes.push({ status: 'rejected', reason }));
    }
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed) throw failed.reason;
  }

  server(name: string): ServerNode {
    const server = this.servers.find(({ view }) => view.name === name);
    if (!server)
      throw new RangeError(`there is no node ${name}: ${this.nodes.map((each) => each.name).join(', ')}`);
    return server;
  }
}
