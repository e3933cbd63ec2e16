import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NS, nowNs } from '../base/clock.js';
import { PreflightError } from '../base/errors.js';
import type {
  Capability,
  Cluster,
  ClusterStartOptions,
  NodeSignal,
  ProcessLook,
} from '../contracts/cluster.js';
import type { ServerAccess } from '../contracts/load.js';
import type { ContinueProcess, StartNode, UndoHandlers } from '../contracts/undo.js';
import { isAlive, isStopped } from '../processes/identity.js';
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
import { serverConfigText } from './server-config-text.js';
import { ServerNode } from './server-node.js';
import { type NodePorts, nodeSettings } from './server-settings.js';

const READY_WITHIN_MS = 60_000;
const ATTEMPTS = 3;
const PORT_TAKEN = /address already in use/i;

export interface ProcessClusterStartOptions extends ClusterStartOptions {
  /** The nats-server to run. */
  readonly serverPath: string;
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
      await Promise.all(cluster.servers.map((server) => server.start()));
      failure = await problemOf(cluster, params, options, (deadlineNs - nowNs()) / NS.ms);
    } catch (error) {
      failure = error;
    }
    if (failure === undefined) return cluster;
    await cluster[Symbol.asyncDispose]();
    // A foreign server took a port between our look and our server's start.
    const portTaken = cluster.servers.some(({ death }) => death && PORT_TAKEN.test(death.detail));
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
  const { runId, logDir, workDir, serverPath, stateDir, onNodeEvent } = options;
  const names = processNodeNames(params.nodes);
  const lease = await leasePorts(names.length * 3, { stateDir });
  try {
    const ports = names.map((_, i): NodePorts => {
      const [client, monitor, route] = lease.ports.slice(3 * i, 3 * i + 3) as [number, number, number];
      return { client, monitor, route };
    });
    await mkdir(logDir, { recursive: true });
    const accounts = await setUpAccounts(params.auth, params.jetstream.enabled);
    const tls = params.tls && (await setUpTls(join(workDir, 'tls'), params.tls));
    await mkdir(workDir, { recursive: true });
    for (const [file, secret] of Object.entries(accounts.files)) {
      await writeFile(join(workDir, file), secret, { mode: 0o600 });
    }
    const servers = names.map(async (name, i) => {
      const nodePorts = ports[i] as NodePorts;
      const storeDir = join(workDir, name);
      const configFile = join(workDir, `${name}.conf`);
      await mkdir(storeDir, { recursive: true });
      const settings = nodeSettings({
        name,
        clusterName: `stormglass-${runId}`,
        ports: nodePorts,
        otherRoutes: ports.filter((other) => other !== nodePorts).map(({ route }) => route),
        storeDir,
        accounts: accounts.settings,
        tls: tls?.settings,
        params,
      });
      await writeFile(configFile, serverConfigText(settings), { mode: 0o600 });
      const logFile = join(logDir, `${name}.log`);
      const command = serverPath;
      return new ServerNode({
        name,
        ports: nodePorts,
        command,
        configFile,
        logFile,
        storeDir,
        mark: runId,
        onEvent: onNodeEvent,
      });
    });
    return new ProcessCluster(await Promise.all(servers), lease, runId, accounts, tls);
  } catch (error) {
    lease[Symbol.dispose]();
    throw error;
  }
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

class ProcessCluster implements Cluster {
  readonly driver = 'process';
  readonly capabilities: ReadonlySet<Capability> = new Set(PROCESS_CAPABILITIES);
  readonly nodes;
  readonly access: ServerAccess;
  readonly observerAccess: ServerAccess;
  readonly systemAccess: ServerAccess;
  readonly servers: readonly ServerNode[];
  readonly #lease: PortLease;
  readonly #mark: string;
  #records = 0;
  #closing: Promise<void> | undefined;

  constructor(
    servers: readonly ServerNode[],
    lease: PortLease,
    mark: string,
    accounts: ClusterAccounts,
    tls: ClusterTls | undefined,
  ) {
    this.servers = servers;
    this.#lease = lease;
    this.#mark = mark;
    this.nodes = servers.map(({ view }) => view);
    const addresses = this.nodes.map(({ host, clientPort: port }) => ({ host, port }));
    const way = { servers: addresses, ...(tls && { tls: tls.access }) };
    this.access = { ...way, ...accounts.events };
    this.observerAccess = this.access;
    this.systemAccess = { ...way, ...accounts.system };
  }

  node(name: string) {
    return this.#server(name).view;
  }

  startRecord(name: string): StartNode {
    const { command, args, logFile } = this.#server(name);
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
    await this.#server(name).signal(signal);
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
  readonly undoHandlers: Partial<UndoHandlers> = {
    'start-node': async ({ node }) => {
      await this.startNode(node);
      return `node ${node} was started`;
    },
  };

  async startNode(name: string): Promise<void> {
    await this.#server(name).start();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const outcomes = await Promise.allSettled(this.servers.map((server) => server.close()));
    this.#lease[Symbol.dispose]();
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed) throw failed.reason;
  }

  #server(name: string): ServerNode {
    const server = this.servers.find(({ view }) => view.name === name);
    if (!server)
      throw new RangeError(`there is no node ${name}: ${this.nodes.map((n) => n.name).join(', ')}`);
    return server;
  }
}
