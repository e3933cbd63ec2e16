import { PreflightError, UsageError } from '../base/errors.js';
import { maskAddress } from '../base/secret.js';
import type { Cluster, ClusterNode, ClusterStartOptions } from '../contracts/cluster.js';
import type { ServerAccess } from '../contracts/load.js';
import { greetServer } from '../nats/greet-server.js';
import type { UserPlace } from './access/secret-file.js';
import { readExternalAccess } from './external-access.js';
import type { ExternalClusterParams } from './external-cluster-schema.js';
import { handedOverCluster } from './handed-over/handed-over-cluster.js';
import type { HandedOverNode } from './handed-over/handed-over-schema.js';
import { type ParsedAddress, parseServerUrl } from './server-url.js';

export interface ExternalClusterOptions extends Pick<ClusterStartOptions, 'runId' | 'signal'> {
  /** The consents of the command line: `host:port`. */
  readonly allow: readonly string[];
  /** Where files, contexts and `…-env` of the scenario are looked up. */
  readonly place: UserPlace;
  /** Where commands that were handed over run. */
  readonly cwd: string;
}

/** How long one server may take to let us in. */
const GREETING_MS = 5000;

/**
 * Servers that somebody else runs: looked at, to be loaded, and left as they are; faulted only through what was handed
 * over of them. Throws a UsageError for an address without consent, or for a file or a variable that cannot be used; a
 * PreflightError for a server that does not answer as a NATS server, that does not let us in, that is not to be trusted
 * or is another than was said, and for something handed over that is not there.
 */
export async function startExternalCluster(
  params: ExternalClusterParams,
  options: ExternalClusterOptions,
): Promise<Cluster> {
  const { allow, place, signal } = options;
  const { servers, access } = readExternalAccess(params, place);
  requireConsent(params.allow, [...servers, ...clientAddresses(params)], allow);
  const visited = await Promise.all(
    servers.map((server, i) => {
      const monitorUrl = params.nodes?.[i]?.['monitor-url'] ?? params['monitor-urls']?.[i];
      return visit(server, monitorUrl, access, signal);
    }),
  );
  if (params.nodes === undefined) return externalCluster(uniquelyNamed(visited), access);
  const nodes = params.nodes.map((node, i) => asHandedOver(node, visited[i] as Visited));
  for (const node of params.nodes) {
    const url = node.toxiproxy?.client?.url;
    if (url) asHandedOver(node, await visit(url, undefined, access, signal));
  }
  return handedOverCluster(params.nodes, nodes, access, { ...options, engine: params.engine });
}

/**
 * Everything that a run on these servers needs before it begins: consent, files, variables. Starts nothing.
 * @throws UsageError with what is missing
 */
export function checkExternalCluster(
  params: ExternalClusterParams,
  { allow, place }: Pick<ExternalClusterOptions, 'allow' | 'place'>,
): void {
  const { servers } = readExternalAccess(params, place);
  requireConsent(params.allow, [...servers, ...clientAddresses(params)], allow);
}

/** Where the load goes to instead of a node itself. */
function clientAddresses({ nodes = [] }: ExternalClusterParams): ParsedAddress[] {
  return nodes.flatMap(({ toxiproxy }) => (toxiproxy?.client ? [toxiproxy.client.url] : []));
}

/** Leaders are known by the servers' own names, so that a fault would hit the wrong one under another. */
function asHandedOver({ name }: HandedOverNode, { address, ...visited }: Visited): ClusterNode {
  if (visited.name === name) return visited;
  throw new PreflightError(`the server at ${address} calls itself ${visited.name}, not ${name}`, {
    hint: 'name each of cluster.nodes as its server does (server_name), and look at their addresses',
  });
}

/**
 * Consent stands in the scenario and on the command line: neither a scenario nor a habit loads a foreign system.
 * @throws UsageError that names an address without it
 */
function requireConsent(
  allow: readonly string[],
  servers: readonly ParsedAddress[],
  given: readonly string[],
): void {
  const consents = given.map((text) => {
    const parsed = parseServerUrl(text);
    if ('problem' in parsed) throw new UsageError(`--allow ${maskAddress(text)}: ${parsed.problem}`);
    return parsed.address;
  });
  for (const { address } of servers) {
    if (!allow.includes(address)) {
      throw new UsageError(`there is no consent to load ${address} in the scenario`, {
        hint: `Add it: allow: [${address}]`,
      });
    }
    if (!consents.includes(address)) {
      throw new UsageError(`there is no consent to load ${address} on the command line`, {
        hint: `Add it: --allow ${address}`,
      });
    }
  }
}

type Visited = ClusterNode & { readonly address: string };

async function visit(
  { host, port, address }: ParsedAddress,
  monitorUrl: string | undefined,
  access: ServerAccess,
  signal: AbortSignal,
): Promise<Visited> {
  const { info } = await greetServer(
    { ...access, servers: [{ host, port }] },
    { name: 'stormglass', connectTimeoutMs: GREETING_MS, timeoutMs: 2 * GREETING_MS, signal },
  );
  const name = info.server_name || address;
  return { name, address, host, clientPort: port, ...(monitorUrl !== undefined && { monitorUrl }) };
}

/** By its own name, as leaders are named, unless two addresses lead to the same one. */
function uniquelyNamed(visited: readonly Visited[]): ClusterNode[] {
  return visited.map(({ address, ...node }) => {
    const shared = visited.filter(({ name }) => name === node.name).length > 1;
    return shared ? { ...node, name: address } : node;
  });
}

function externalCluster(nodes: readonly ClusterNode[], access: ServerAccess): Cluster {
  const find = (name: string): ClusterNode => {
    const node = nodes.find((each) => each.name === name);
    if (!node) throw new RangeError(`there is no node ${name}: ${nodes.map((each) => each.name).join(', ')}`);
    return node;
  };
  const notOurs = (name: string): Error =>
    new Error(`node ${find(name).name} was not started by stormglass, which only loads it`);
  return {
    driver: 'external',
    nodes,
    capabilities: new Set(['load']),
    access,
    observerAccess: access,
    undoHandlers: {},
    node: find,
    startRecord: (name) => {
      throw notOurs(name);
    },
    continueRecord: (name) => {
      throw notOurs(name);
    },
    lookAtProcess: async (name) => {
      throw notOurs(name);
    },
    signal: async (name) => {
      throw notOurs(name);
    },
    startNode: async (name) => {
      throw notOurs(name);
    },
    [Symbol.asyncDispose]: async () => {},
  };
}
