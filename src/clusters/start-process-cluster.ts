import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NS, nowNs } from '../base/clock.js';
import { messageOf, PreflightError } from '../base/errors.js';
import type { Cluster, ClusterStartOptions } from '../contracts/cluster.js';
import { unmountBelow } from '../processes/mounts.js';
import { leasePorts, type PortLease } from '../processes/port-lease.js';
import { setUpAccounts } from './cluster-accounts.js';
import { waitUntilReady } from './cluster-readiness.js';
import { setUpTls } from './cluster-tls.js';
import { lastComplaints } from './last-complaints.js';
import { ProcessCluster } from './process-cluster.js';
import { type ProcessClusterParams, processNodeNames } from './process-cluster-schema.js';
import { ProcessMembership } from './process-membership.js';
import { ServerLayout } from './server-layout.js';
import type { NodePorts } from './server-settings.js';
import { mountVolumes } from './store-volumes.js';
import { ProcessLinks } from './toxiproxy/process-links.js';

const READY_WITHIN_MS = 60_000;
const ATTEMPTS = 3;
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
    hint: lastComplaints(
      logDir,
      cluster.servers.map(({ view }) => view.name),
    ),
  });
}
