import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { NS, nowNs } from '../../base/clock.js';
import { messageOf, PreflightError } from '../../base/errors.js';
import type { ClusterStartOptions } from '../../contracts/cluster.js';
import { engineError, openEngine } from '../../processes/docker/open-engine.js';
import { DOCKER_MARK, removeMarkedThings } from '../../processes/docker/remove-marked.js';
import { leasePorts } from '../../processes/port-lease.js';
import { type ClusterAccounts, setUpAccounts } from '../cluster-accounts.js';
import { waitUntilReady } from '../cluster-readiness.js';
import { type ClusterTls, setUpTls } from '../cluster-tls.js';
import { lastComplaints } from '../last-complaints.js';
import { processNodeNames } from '../process-cluster-schema.js';
import { serverConfigText } from '../server-config-text.js';
import { HOST } from '../server-settings.js';
import { ContainerNode } from './container-node.js';
import { containerSettings, INNER, INNER_CONFIG, INNER_STORE, INNER_TLS } from './container-settings.js';
import { DockerCluster } from './docker-cluster.js';
import type { DockerClusterParams } from './docker-cluster-schema.js';
import { DOCKER_UNDO_ID } from './docker-cluster-undo.js';
import { MeshLinks } from './mesh-links.js';
import { type ArchivedFile, tarArchive } from './tar-archive.js';

const READY_WITHIN_MS = 60_000;
const ATTEMPTS = 3;
const PORT_TAKEN = /address already in use|port is already allocated/i;

export interface DockerClusterStartOptions extends ClusterStartOptions {
  /** `unix:///var/run/docker.sock` */
  readonly engine: string;
  /** Where the stormglass processes of this user meet: ports are leased there. */
  readonly stateDir: string;
  /** How long the servers may take to be one cluster; 60,000 unless told. */
  readonly readyWithinMs?: number;
}

/**
 * Makes a container for each server, a network in which they find each other, and another over which they are reached
 * from 127.0.0.1; resolves when they are one cluster. Everything carries the run's mark. Throws a PreflightError when
 * the engine refuses, a server dies or they do not get together; nothing is left then.
 */
export async function startDockerCluster(
  params: DockerClusterParams,
  options: DockerClusterStartOptions,
): Promise<DockerCluster> {
  const deadlineNs = nowNs() + (options.readyWithinMs ?? READY_WITHIN_MS) * NS.ms;
  const docker = await openEngine(options.engine);
  for (let attempt = 1; ; attempt++) {
    options.signal.throwIfAborted();
    try {
      const cluster = await layOut(docker, params, options);
      try {
        await Promise.all(cluster.servers.map((server) => server.start()));
        await requireReady(cluster, params, options, (deadlineNs - nowNs()) / NS.ms);
        return cluster;
      } catch (error) {
        await cluster[Symbol.asyncDispose]();
        throw error;
      }
    } catch (error) {
      // Somebody else took a port between our look and the engine's.
      if (attempt < ATTEMPTS && PORT_TAKEN.test(engineError(error).text)) continue;
      options.signal.throwIfAborted();
      if (error instanceof PreflightError) throw error;
      throw new PreflightError(`the Docker engine refused: ${engineError(error).text}`, { cause: error });
    }
  }
}

/** Makes everything and starts nothing. */
async function layOut(
  docker: Docker,
  params: DockerClusterParams,
  options: DockerClusterStartOptions,
): Promise<DockerCluster> {
  const { runId, logDir, workDir, engine, stateDir } = options;
  const names = processNodeNames(params.nodes);
  await mkdir(logDir, { recursive: true });
  await mkdir(workDir, { recursive: true });
  const accounts = await setUpAccounts(params.auth, params.jetstream.enabled);
  const tlsDir = join(workDir, 'tls');
  const tls = params.tls && (await setUpTls(tlsDir, params.tls, names));
  const lease = await leasePorts(names.length * 2, { stateDir });
  const remove = async () => {
    try {
      await removeMarkedThings(docker, runId);
    } finally {
      lease[Symbol.dispose]();
    }
  };
  let links: MeshLinks | undefined;
  const layLinksAgain = (node: string): void => {
    links?.layAgain().catch((error: unknown) =>
      options.onLinkEvent?.({
        what: 'broken',
        detail: `what held on the links of ${node} could not be laid anew: ${messageOf(error)}`,
      }),
    );
  };
  try {
    const networks = await makeNetworks(docker, runId);
    const tlsFiles = tls ? await filesOf(tls, tlsDir) : [];
    const patientDocker = await openEngine(engine, 0);
    const servers = await Promise.all(
      names.map(async (name, i) => {
        const [clientPort, monitorPort] = lease.ports.slice(2 * i, 2 * i + 2) as [number, number];
        const config = configText(name, names, runId, accounts, tls && inContainer(tls, tlsDir), params);
        const containerName = `stormglass-${runId}-${name}`;
        const id = await makeContainer(docker, {
          name,
          containerName,
          runId,
          image: params.image,
          networks,
          ports: { [INNER.client]: clientPort, [INNER.monitor]: monitorPort },
          files: [{ path: INNER_CONFIG, content: config }, ...tlsFiles],
        });
        return new ContainerNode({
          name,
          host: HOST,
          clientPort,
          monitorUrl: `http://${HOST}:${monitorPort}`,
          container: { id, name: containerName },
          docker,
          patientDocker,
          logFile: join(logDir, `${name}.log`),
          onEvent: (event) => {
            options.onNodeEvent(event);
            if (event.what === 'started') layLinksAgain(event.node);
          },
        });
      }),
    );
    const members = servers.map(({ view, container }) => ({ name: view.name, container: container.id }));
    links =
      members.length < 2
        ? undefined
        : new MeshLinks({ docker, engine, network: networks.mesh, members, within: DOCKER_UNDO_ID });
    return new DockerCluster({ engine, servers, accounts, tls, links, remove });
  } catch (error) {
    await remove();
    throw error;
  }
}

interface Networks {
  readonly mesh: string;
  readonly doors: string;
}

/**
 * The mesh leads nowhere else, so that an engine publishes no port over it; and at the doors nobody sees another, where
 * the engine can see to that.
 */
async function makeNetworks(docker: Docker, runId: string): Promise<Networks> {
  const networks = { mesh: `stormglass-${runId}-mesh`, doors: `stormglass-${runId}-doors` };
  const common = { Driver: 'bridge', CheckDuplicate: true, Labels: { [DOCKER_MARK]: runId } };
  await docker.createNetwork({ ...common, Name: networks.mesh, Internal: true });
  await docker.createNetwork({
    ...common,
    Name: networks.doors,
    Options: { 'com.docker.network.bridge.enable_icc': 'false' },
  });
  return networks;
}

interface ContainerOrder {
  /** Within the mesh. */
  readonly name: string;
  readonly containerName: string;
  readonly runId: string;
  readonly image: string;
  readonly networks: Networks;
  /** By the port within: the one on 127.0.0.1. */
  readonly ports: Readonly<Record<number, number>>;
  readonly files: readonly ArchivedFile[];
}

/** Returns the container's id. */
async function makeContainer(docker: Docker, order: ContainerOrder): Promise<string> {
  const { name, containerName, runId, image, networks, ports, files } = order;
  const Labels = { [DOCKER_MARK]: runId, 'stormglass.node': name };
  const inner = Object.keys(ports).map((port) => `${port}/tcp`);
  const container = await docker.createContainer({
    name: containerName,
    Image: image,
    Cmd: ['-c', `/${INNER_CONFIG}`],
    Labels,
    ExposedPorts: Object.fromEntries(inner.map((port) => [port, {}])),
    HostConfig: {
      NetworkMode: networks.doors,
      PortBindings: Object.fromEntries(
        Object.entries(ports).map(([port, outer]) => [
          `${port}/tcp`,
          [{ HostIp: HOST, HostPort: String(outer) }],
        ]),
      ),
      Mounts: [
        {
          Type: 'volume',
          Source: containerName,
          Target: INNER_STORE,
          VolumeOptions: { NoCopy: true, Labels, DriverConfig: { Name: 'local', Options: {} } },
        },
      ],
      RestartPolicy: { Name: 'no' },
      // Whatever the engine's default is: the log is read through it.
      LogConfig: { Type: 'json-file', Config: {} },
    },
  });
  await docker
    .getNetwork(networks.mesh)
    .connect({ Container: container.id, EndpointConfig: { Aliases: [name] } });
  await container.putArchive(tarArchive(files), { path: '/' });
  return container.id;
}

function configText(
  name: string,
  names: readonly string[],
  runId: string,
  accounts: ClusterAccounts,
  tls: ClusterTls['settings'] | undefined,
  params: DockerClusterParams,
): string {
  return serverConfigText(
    containerSettings({
      name,
      clusterName: `stormglass-${runId}`,
      others: names.filter((other) => other !== name),
      accounts: accounts.settings,
      tls,
      params,
    }),
  );
}

/** The settings of TLS with the files where they are within a container. */
function inContainer({ settings }: ClusterTls, directory: string): ClusterTls['settings'] {
  const moved = (block: Record<string, unknown>) =>
    Object.fromEntries(
      Object.entries(block).map(([key, value]) => [
        key,
        typeof value === 'string' ? value.replace(directory, INNER_TLS) : value,
      ]),
    );
  return { clients: moved(settings.clients), routes: moved(settings.routes) };
}

async function filesOf({ settings }: ClusterTls, directory: string): Promise<ArchivedFile[]> {
  const paths = Object.values(settings.routes).filter((value) => typeof value === 'string');
  return Promise.all(
    paths.map(async (path) => ({
      path: path.replace(directory, INNER_TLS).slice(1),
      content: await readFile(path),
    })),
  );
}

/** @throws PreflightError when a server died, or they did not become one cluster in time */
async function requireReady(
  cluster: DockerCluster,
  params: DockerClusterParams,
  { signal, logDir }: DockerClusterStartOptions,
  timeoutMs: number,
): Promise<void> {
  const dead = () => cluster.servers.find(({ death }) => death !== undefined);
  const { ready, said } = await waitUntilReady({
    nodes: cluster.nodes.map(({ name, monitorUrl }) => ({ name, monitorUrl: monitorUrl as string })),
    jetstream: params.jetstream.enabled,
    timeoutMs,
    signal,
    hopeless: () => dead() !== undefined,
  });
  const died = dead();
  if (died) {
    throw new PreflightError(`the server ${died.view.name} died at its start: ${died.death}`, {
      hint: "look at `config` and `image` in the scenario's cluster",
    });
  }
  if (ready) return;
  throw new PreflightError(`the servers did not become one cluster in time: ${said.join('; ')}`, {
    hint: lastComplaints(
      logDir,
      cluster.nodes.map(({ name }) => name),
    ),
  });
}
