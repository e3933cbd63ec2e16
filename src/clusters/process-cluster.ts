import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NS, nowNs } from '../base/clock.js';
import { messageOf, PreflightError } from '../base/errors.js';
import type {
  Capability,
  Cluster,
  ClusterNode,
  ClusterStartOptions,
  NodeSignal,
  ProcessLook,
} from '../contracts/cluster.js';
import type { LinkControl } from '../contracts/links.js';
import type { ServerAccess } from '../contracts/load.js';
import type { ContinueProcess, StartNode, UndoHandlers } from '../contracts/undo.js';
import { isAlive, isStopped } from '../processes/identity.js';
import { unmountBelow } from '../processes/mounts.js';
import { leasePorts, type PortLease } from '../processes/port-lease.js';
import { RUN_MARK } from '../processes/run-mark.js';
import { type ClusterAccounts, setUpAccounts } from './cluster-accounts.js';
import { waitUntilReady } from './cluster-readiness.js';
import { type ClusterTls, setUpTls } from './cluster-tls.js';
import { CLUSTER_UNDO_ID } from './cluster-undo.js';
import {
  PROCESS_CAPABILITIES,
  type ProcessClusterParams,
  processNodeNames,
} from './process-cluster-schema.js';
import { ProcessMembership, type ServerRoster } from './process-membership.js';
import { ProcessStores } from './process-stores.js';
import { ServerLayout } from './server-layout.js';
import type { ServerNode } from './server-node.js';
import type { NodePorts } from './server-settings.js';
import { mountVolumes } from './store-volumes.js';
import { ProcessLinks } from './toxiproxy/process-links.js';

const READY_WITHIN_MS = 60_000;
const ATTEMPTS = 3;
/** A server that cannot run (its port is taken, its store is broken) says so and ends well within this time. */
const PROVES_ITSELF_MS = 1_000;
const PORT_TAKEN = /address already in use/i;

export interface ProcessClusterStartOptions extends ClusterStartOptions {
  /** The nats-server to run. */
  readonly serverPath: string;
  /** By version: other nats-servers that nodes may be started with. */
  readonly serverPaths?: ReadonlyMap<string, string>;
  /** The toxiproxy-server to run; needed where there are to be links. */
  readonly toxiproxyPath?: string | undefined;
  /** Where the stormglass processes of this user meet: ports are leased there. */
  readonly stateDir: string;
  /** How long the servers may take to be one cluster; 60,000 unless told. */
  readonly readyWithinMs?: number;
}

/**
 * Starts nats-servers as child processes on 127.0.0.1 and resolves when they are one cluster. Throws a PreflightError
 * that says what the servers said when one dies or they do not get together, and the signal's reason when it aborts;
 * none of them runs any more then.
 */
export async function startProcessCluster(
  params: ProcessClusterParams,
  options: ProcessClusterStartOptions,
): Promise<Cluster> {
  const deadlineNs = nowNs() + (options.readyWithinMs ?? READY_WITHIN_MS) * NS.ms;
  for (let attempt = 1; ; attempt++) {
    options.signal.throwIfAborted();
    const cluster = await layOut(params, options);
    let failure: unknown;
    try {
      await cluster.startLinks();
      await Promise.all(cluster.servers.map((server) => server.start()));
      failure = await problemOf(cluster, params, options, (deadlineNs - nowNs()) / NS.ms);
    } catch (error) {
      failure = error;
    }
    if (failure === undefined) return cluster;
    await cluster[Symbol.asyncDispose]();
    // A foreign server took a port between our look and our server's start.
    const said = [messageOf(failure), ...cluster.servers.map(({ death }) => death?.detail ?? '')];
    const portTaken = said.some((text) => PORT_TAKEN.test(text));
    if (!portTaken || attempt === ATTEMPTS || options.signal.aborted) throw failure;
    for (const { name } of cluster.nodes)
      await rm(join(options.workDir, name), { recursive: true, force: true });
  }
}

/** Chooses ports and writes the configuration; starts nothing. */
async function layOut(
  params: ProcessClusterParams,
  options: ProcessClusterStartOptions,
): Promise<ProcessCluster> {
  const { runId, logDir, workDir, stateDir } = options;
  const names = processNodeNames(params.nodes);
  const leases: PortLease[] = [];
  let volumes: readonly string[] = [];
  let links: ProcessLinks | undefined;
  const reservePorts = async (count: number): Promise<NodePorts[]> => {
    const lease = await leasePorts(count * 3, { stateDir });
    leases.push(lease);
    return Array.from({ length: count }, (_, i): NodePorts => {
      const [client, monitor, route] = lease.ports.slice(3 * i, 3 * i + 3) as [number, number, number];
      return { client, monitor, route };
    });
  };
  try {
    const ports = await reservePorts(names.length);
    await mkdir(logDir, { recursive: true });
    const accounts = await setUpAccounts(params.auth, params.jetstream.enabled);
    const tls = params.tls && (await setUpTls(join(workDir, 'tls'), params.tls));
    await mkdir(workDir, { recursive: true });
    for (const [file, secret] of Object.entries(accounts.files)) {
      await writeFile(join(workDir, file), secret, { mode: 0o600 });
    }
    links = await layLinks(params, options);
    const portsByName = new Map(names.map((name, i) => [name, ports[i] as NodePorts]));
    await links?.addNodes(portsByName);
    const layout = new ServerLayout({ ...options, accounts, tls, params, links });
    for (const [name, own] of portsByName) layout.reserve(name, own);
    const servers = await Promise.all(names.map((name) => layout.layOut(name)));
    volumes = await mountVolumes({
      workDir,
      nodes: names,
      kind: options.volumes,
      sizeBytes: params.volumes?.sizeBytes,
    });
    return new ProcessCluster({
      servers,
      links,
      volumes,
      workDir,
      leases,
      mark: runId,
      accounts,
      tls,
      membership: (roster) =>
        new ProcessMembership({
          roster,
          layout,
          mark: runId,
          jetstream: params.jetstream.enabled,
          serverPaths: options.serverPaths ?? new Map(),
          reservePorts: async (name) => {
            const own = (await reservePorts(1))[0] as NodePorts;
            await links?.addNodes(new Map([[name, own]]));
            return own;
          },
        }),
    });
  } catch (error) {
    for (const lease of leases) lease[Symbol.dispose]();
    await links?.[Symbol.asyncDispose]();
    for (const volume of volumes) await unmountBelow(volume);
    throw error;
  }
}

/** Ports for what will stand on the links, where the faults or the scenario ask for it. */
async function layLinks(
  params: ProcessClusterParams,
  { runId, logDir, stateDir, links: needed, toxiproxyPath, onLinkEvent }: ProcessClusterStartOptions,
): Promise<ProcessLinks | undefined> {
  const links = { routes: params.nodes > 1 && needed.routes, clients: needed.clients };
  if (!links.routes && !links.clients) return undefined;
  if (toxiproxyPath === undefined) throw new Error('links need the path of a toxiproxy-server');
  return await ProcessLinks.create({
    runId,
    logDir,
    stateDir,
    program: toxiproxyPath,
    links,
    onEvent: onLinkEvent ?? (() => {}),
  });
}

/** Waits for the cluster to get together; returns why it will not, or did not in time. */
async function problemOf(
  cluster: ProcessCluster,
  params: ProcessClusterParams,
  { signal, logDir }: ProcessClusterStartOptions,
  timeoutMs: number,
): Promise<PreflightError | undefined> {
  const death = () => cluster.servers.find((server) => server.death)?.death;
  const { ready, said } = await waitUntilReady({
    nodes: cluster.servers.map(({ view }) => ({ name: view.name, monitorUrl: view.monitorUrl as string })),
    jetstream: params.jetstream.enabled,
    timeoutMs,
    signal,
    hopeless: () => death() !== undefined,
  });
  const died = death();
  if (died !== undefined) {
    return new PreflightError(`the server ${died.node} died at its start: ${died.detail}`, {
      hint: "look at `config` in the scenario's cluster",
    });
  }
  if (ready) return undefined;
  return new PreflightError(`the servers did not become one cluster in time: ${said.join('; ')}`, {
    hint: `The servers' logs are in ${logDir}.`,
  });
}

interface ProcessClusterParts {
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

class ProcessCluster implements Cluster, ServerRoster {
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
      const death = await this.server(node).diesWithin(PROVES_ITSELF_MS);
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
