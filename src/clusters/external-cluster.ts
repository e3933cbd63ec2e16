import { messageOf, PreflightError, UsageError } from '../base/errors.js';
import type { Cluster, ClusterNode, ClusterStartOptions } from '../contracts/cluster.js';
import type { ServerAccess } from '../contracts/load.js';
import type { ExternalClusterParams } from './external-cluster-schema.js';
import { readGreeting } from './server-greeting.js';
import { parseServerUrl } from './server-url.js';

export interface ExternalClusterOptions extends Pick<ClusterStartOptions, 'signal'> {
  /** The consents of the command line: `host:port`. */
  readonly allow: readonly string[];
  /** Where `…-env` of the scenario's auth is looked up. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Servers that somebody else runs: looked at, to be loaded, and left as they are. Throws a UsageError for an address
 * without consent or a missing environment variable, a PreflightError for one that does not answer as a NATS server.
 */
export async function startExternalCluster(
  params: ExternalClusterParams,
  options: ExternalClusterOptions,
): Promise<Cluster> {
  requireConsent(params, options.allow);
  const access = accessOf(params, options.env);
  const nodes = await Promise.all(
    params.servers.map((server, i) => visit(server, params['monitor-urls']?.[i], options)),
  );
  return externalCluster(uniquelyNamed(nodes), access);
}

/**
 * Consent stands in the scenario and on the command line: neither a scenario nor a habit loads a foreign system.
 * @throws UsageError that names an address without it
 */
export function requireConsent({ servers, allow }: ExternalClusterParams, given: readonly string[]): void {
  const consents = given.map((text) => {
    const parsed = parseServerUrl(text);
    if ('problem' in parsed) throw new UsageError(`--allow ${text}: ${parsed.problem}`);
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

function accessOf(
  { servers, auth = {} }: ExternalClusterParams,
  env: ExternalClusterOptions['env'],
): ServerAccess {
  const secretOf = (key: 'user' | 'password' | 'token'): string | undefined => {
    const variable = auth[`${key}-env`];
    if (variable === undefined) return auth[key];
    const value = env[variable];
    if (!value)
      throw new UsageError(
        `the environment variable ${variable} is not set (cluster.auth.${key}-env names it)`,
      );
    return value;
  };
  const [user, password, token] = [secretOf('user'), secretOf('password'), secretOf('token')];
  return {
    servers: servers.map(({ host, port }) => ({ host, port })),
    ...(user !== undefined && { user }),
    ...(password !== undefined && { password }),
    ...(token !== undefined && { token }),
  };
}

type Visited = ClusterNode & { readonly address: string };

async function visit(
  { host, port, address }: ExternalClusterParams['servers'][number],
  monitorUrl: string | undefined,
  { signal }: ExternalClusterOptions,
): Promise<Visited> {
  let greeting: Awaited<ReturnType<typeof readGreeting>>;
  try {
    greeting = await readGreeting({ host, port }, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw new PreflightError(`no NATS server answers at ${address}: ${messageOf(error)}`, {
      cause: error,
      hint: 'Check that the server runs, and that the address and port are right.',
    });
  }
  if (greeting.tls_required) {
    throw new PreflightError(`the server at ${address} demands TLS, which stormglass does not speak yet`);
  }
  const name = greeting.server_name || address;
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
    node: find,
    startRecord: (name) => {
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
