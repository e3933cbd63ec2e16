import { PreflightError } from '../../base/errors.js';
import type {
  Capability,
  Cluster,
  ClusterNode,
  ClusterStartOptions,
  ProcessLook,
} from '../../contracts/cluster.js';
import { CLIENTS } from '../../contracts/links.js';
import type { ServerAccess } from '../../contracts/load.js';
import { engineOf } from '../../processes/docker/engine-address.js';
import type { UserPlace } from '../access/secret-file.js';
import type { LinkProxy } from '../toxiproxy/link-proxy.js';
import { ToxiproxyLinks } from '../toxiproxy/toxiproxy-links.js';
import { CommandHandle } from './command-handle.js';
import { ContainerHandle } from './container-handle.js';
import { handedOverCapabilities } from './handed-over-capabilities.js';
import type { HandedOverNode } from './handed-over-schema.js';
import type { NodeHandle } from './node-handle.js';
import { requireProxies } from './require-proxies.js';

export interface HandedOverOptions extends Pick<ClusterStartOptions, 'runId' | 'signal'> {
  readonly place: UserPlace;
  readonly cwd: string;
  /** Of the scenario; that of DOCKER_HOST, or of this machine, unless given. */
  readonly engine: string | undefined;
}

/** What the watchdog has of an environment: a command that works in a run is to work there. */
const INHERITED = ['PATH', 'HOME', 'TMPDIR'];

/**
 * Nodes that somebody else runs, with what was handed over of them, which is looked at first.
 * @throws PreflightError for a container, a command or a proxy that is not there, and for a node that does not run
 */
export async function handedOverCluster(
  given: readonly HandedOverNode[],
  nodes: readonly ClusterNode[],
  access: ServerAccess,
  options: HandedOverOptions,
): Promise<Cluster> {
  const handles = new Map<string, NodeHandle>();
  for (const node of given) {
    const handle = handleOf(node, options);
    if (handle) handles.set(node.name, handle);
  }
  const proxies = given.flatMap(proxiesOf);
  await Promise.all([...handles].map(([name, handle]) => requireRunning(name, handle)));
  await requireProxies(proxies);
  const links =
    proxies.length === 0 ? undefined : new ToxiproxyLinks({ mark: options.runId, proxies: () => proxies });
  return clusterOf(nodes, handles, links, access, loadAccess(given, access), handedOverCapabilities(given));
}

function clusterOf(
  nodes: readonly ClusterNode[],
  handles: ReadonlyMap<string, NodeHandle>,
  links: ToxiproxyLinks | undefined,
  observerAccess: ServerAccess,
  access: ServerAccess,
  capabilities: readonly Capability[],
): Cluster {
  let records = 0;
  const find = (name: string): ClusterNode => {
    const node = nodes.find((each) => each.name === name);
    if (!node) throw new RangeError(`there is no node ${name}: ${nodes.map((each) => each.name).join(', ')}`);
    return node;
  };
  const handle = (name: string): NodeHandle => {
    const found = handles.get(find(name).name);
    if (found) return found;
    throw new Error(`nothing was handed over to stop and start node ${name} with`);
  };
  return {
    driver: 'external',
    nodes,
    capabilities: new Set<Capability>(['load', ...capabilities]),
    access,
    observerAccess,
    ...(links && { links }),
    undoHandlers: links?.undoHandlers ?? {},
    node: find,
    startRecord: (name) => handle(name).startRecord(`start-${name}-${++records}`),
    continueRecord: (name) => handle(name).continueRecord(`continue-${name}-${++records}`),
    signal: async (name, signal) => handle(name).signal(signal),
    startNode: async (name) => handle(name).start(),
    lookAtProcess: async (name) => handle(name).look(),
    [Symbol.asyncDispose]: async () => {},
  };
}

function handleOf({ name, container, commands }: HandedOverNode, options: HandedOverOptions) {
  const { place, cwd, engine } = options;
  if (container !== undefined) return new ContainerHandle(name, container, engine ?? engineOf(place.env));
  if (commands === undefined) return undefined;
  const env = INHERITED.flatMap((key) => {
    const value = place.env[key];
    return value === undefined ? [] : [[key, value] as const];
  });
  return new CommandHandle({ node: name, commands, cwd, env: Object.fromEntries(env) });
}

function proxiesOf({ name, toxiproxy }: HandedOverNode): LinkProxy[] {
  if (toxiproxy === undefined) return [];
  const { url, client, routes } = toxiproxy;
  return [
    ...(client ? [{ url, name: client.proxy, from: CLIENTS, to: name }] : []),
    ...Object.entries(routes).map(([to, proxy]) => ({ url, name: proxy, from: name, to })),
  ];
}

/** The load goes through the proxies before the nodes, where there are such. */
function loadAccess(given: readonly HandedOverNode[], access: ServerAccess): ServerAccess {
  const servers = given.map(({ url, toxiproxy }) => {
    const { host, port } = toxiproxy?.client?.url ?? url;
    return { host, port };
  });
  return { ...access, servers };
}

async function requireRunning(name: string, handle: NodeHandle): Promise<void> {
  let look: ProcessLook;
  try {
    look = await handle.look();
  } catch (error) {
    throw new PreflightError(
      `what was handed over of node ${name} does not work: ${(error as Error).message}`,
      {
        cause: error,
        hint: 'see cluster.nodes in the scenario',
      },
    );
  }
  if (look.state === 'running') return;
  throw new PreflightError(
    `node ${name} answers, but by what was handed over of it it does not run: ${look.saw}`,
    {
      hint: 'that must be another server: see cluster.nodes in the scenario',
    },
  );
}
