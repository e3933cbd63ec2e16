import type Docker from 'dockerode';
import { sleep } from '../../base/clock.js';
import { waitFor } from '../../base/wait.js';
import { unlessAbsent, unlessDone } from './open-engine.js';

/** What the engine says of a container. */
export interface ContainerLook {
  readonly id: string;
  /** Without the slash that the engine puts before it. */
  readonly name: string;
  readonly state: 'running' | 'paused' | 'down';
  /** The engine's own word: `exited`. */
  readonly status: string;
  readonly exitCode: number;
  /** Of its first process, as the engine's machine numbers it; 0 while it is down. */
  readonly pid: number;
  /** When it was last started: another text after another start. */
  readonly startedAt: string;
  /** The networks that it is, or will be, part of, by name. */
  readonly networks: readonly string[];
  /** Its address in each network that it is part of now. */
  readonly addresses: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** Where its ports are published, by the container's own: `4222/tcp`. */
  readonly published: Readonly<Record<string, { readonly host: string; readonly port: number }>>;
}

/** A server that cannot run says so and ends well within this time. */
const PROVES_ITSELF_MS = 500;
const STATE_WITHIN_MS = 10_000;

/** One look, by id or exact name; `undefined` when there is no such container. */
export async function lookAtContainer(docker: Docker, ref: string): Promise<ContainerLook | undefined> {
  const page = await unlessAbsent(docker.getContainer(ref).inspect());
  const name = page?.Name.replace(/^\//, '');
  // The engine takes the beginning of an id for a name, too: that could be anybody's container.
  if (page === undefined || name === undefined || (name !== ref && page.Id !== ref)) return undefined;
  const { State: state } = page;
  const ports = Object.entries(page.NetworkSettings.Ports ?? {}).flatMap(([port, bindings]) => {
    const [binding] = bindings ?? [];
    if (binding === undefined) return [];
    const host = ['', '0.0.0.0', '::'].includes(binding.HostIp) ? '127.0.0.1' : binding.HostIp;
    return [[port, { host, port: Number(binding.HostPort) }] as const];
  });
  return {
    id: page.Id,
    name,
    state: state.Paused ? 'paused' : state.Running && !state.Restarting ? 'running' : 'down',
    status: state.Status,
    exitCode: state.ExitCode,
    pid: state.Pid,
    startedAt: state.StartedAt,
    networks: Object.keys(page.NetworkSettings.Networks ?? {}),
    addresses: Object.fromEntries(
      Object.entries(page.NetworkSettings.Networks ?? {}).flatMap(([network, { IPAddress: address }]) =>
        address ? [[network, address]] : [],
      ),
    ),
    labels: page.Config.Labels ?? {},
    published: Object.fromEntries(ports),
  };
}

/** Starts a container that is down. Returns what was done or found; throws when it does not stay. */
export async function startContainer(docker: Docker, ref: string): Promise<string> {
  const before = await requireContainer(docker, ref);
  if (before.state !== 'down') return `${before.name} is ${before.status} already`;
  await unlessDone(docker.getContainer(before.id).start());
  await sleep(PROVES_ITSELF_MS);
  const after = await requireContainer(docker, ref);
  if (after.state === 'down')
    throw new Error(`${after.name} ended at once with code ${after.exitCode}: see \`docker logs\``);
  return `started ${after.name}`;
}

/** Lets a paused container go on. Returns what was done or found. */
export async function unpauseContainer(docker: Docker, ref: string): Promise<string> {
  const before = await requireContainer(docker, ref);
  if (before.state !== 'paused') return `${before.name} is ${before.status}, not paused`;
  await unlessDone(docker.getContainer(before.id).unpause());
  const goesOn = await waitFor(async () => (await lookAtContainer(docker, before.id))?.state !== 'paused', {
    timeoutMs: STATE_WITHIN_MS,
  });
  if (!goesOn) throw new Error(`${before.name} is still paused`);
  return `${before.name} goes on`;
}

/** Makes a container part of a network, under a name of its own there. Returns what was done or found. */
export async function joinNetwork(
  docker: Docker,
  ref: string,
  network: string,
  alias: string,
): Promise<string> {
  const before = await requireContainer(docker, ref);
  if (before.networks.includes(network)) return `${before.name} is in ${network} already`;
  await docker.getNetwork(network).connect({ Container: before.id, EndpointConfig: { Aliases: [alias] } });
  const after = await requireContainer(docker, ref);
  if (!after.networks.includes(network)) throw new Error(`${after.name} is not in ${network}`);
  return `${after.name} is in ${network} again`;
}

async function requireContainer(docker: Docker, ref: string): Promise<ContainerLook> {
  const look = await lookAtContainer(docker, ref);
  if (look === undefined) throw new Error(`there is no container ${ref}`);
  return look;
}
