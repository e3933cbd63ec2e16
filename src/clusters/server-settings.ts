import type { ClusterAccounts } from './cluster-accounts.js';
import type { ClusterTls } from './cluster-tls.js';
import type { JetStreamParams, ProcessClusterParams } from './process-cluster-schema.js';

export const HOST = '127.0.0.1';

/**
 * Lame duck mode as short as nats-server lets it be: its duration is 30 s at the least, which is only needed where there
 * are many clients (they are cut off one after the other, at most 1 s apart), and begins with a grace period in which
 * they are told and may leave.
 */
const QUICK_DRAIN = { lame_duck_duration: '30s', lame_duck_grace_period: '1s' };

export interface NodePorts {
  readonly client: number;
  readonly monitor: number;
  readonly route: number;
}

export interface NodeSettingsOptions {
  readonly name: string;
  readonly clusterName: string;
  readonly ports: NodePorts;
  /** Route ports of the other servers; none makes a server of its own. */
  readonly otherRoutes: readonly number[];
  /** Where nobody listens: told to others in the place of its own address, so that they take the routes they are given. */
  readonly deadAddress?: string | undefined;
  readonly storeDir: string;
  readonly accounts: ClusterAccounts['settings'];
  readonly tls: ClusterTls['settings'] | undefined;
  readonly params: ProcessClusterParams;
}

/** One server's settings: what the scenario passes through, and over it what stormglass decides. */
export function nodeSettings(options: NodeSettingsOptions): Record<string, unknown> {
  const { name, clusterName, ports, otherRoutes, deadAddress, storeDir, accounts, tls, params } = options;
  const { jetstream: jetstreamPassed, cluster: clusterPassed, ...passed } = lowerCaseKeys(params.config);
  const { enabled } = params.jetstream;
  return {
    ...(!Object.keys(passed).some((key) => key.startsWith('lame_duck_')) && QUICK_DRAIN),
    ...passed,
    server_name: name,
    server_tags: [...tagsOf(passed.server_tags), placementTag(name)],
    host: HOST,
    port: ports.client,
    http: `${HOST}:${ports.monitor}`,
    ...(otherRoutes.length > 0 && {
      cluster: {
        ...lowerCaseKeys(clusterPassed),
        name: clusterName,
        host: HOST,
        port: ports.route,
        routes: otherRoutes.map((port) => `nats://${HOST}:${port}`),
        ...(tls && { tls: tls.routes }),
        ...(deadAddress !== undefined && { advertise: deadAddress, no_advertise: true, pool_size: -1 }),
      },
    }),
    ...(enabled && {
      jetstream: {
        ...jetstreamLimits(params.jetstream),
        ...lowerCaseKeys(jetstreamPassed),
        store_dir: storeDir,
      },
    }),
    ...(tls && { tls: tls.clients }),
    ...accounts,
  };
}

/** A stream that asks for this tag is placed on the server of that name. */
export const placementTag = (serverName: string): string => `stormglass:${serverName}`;

const tagsOf = (passed: unknown): unknown[] =>
  Array.isArray(passed) ? passed : passed === undefined ? [] : [passed];

function jetstreamLimits(params: JetStreamParams): Record<string, unknown> {
  const { maxStorageBytes, maxMemoryBytes, syncIntervalNs } = params;
  return {
    ...(maxStorageBytes !== undefined && { max_file_store: maxStorageBytes }),
    ...(maxMemoryBytes !== undefined && { max_memory_store: maxMemoryBytes }),
    ...(syncIntervalNs !== undefined && {
      sync_interval: syncIntervalNs === 'always' ? syncIntervalNs : `${syncIntervalNs}ns`,
    }),
  };
}

/** nats-server ignores the case of keys; two spellings of one would be two settings. */
function lowerCaseKeys(block: unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(block ?? {}).map(([key, value]) => [key.toLowerCase(), value]));
}
