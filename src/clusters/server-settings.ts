import type { JetStreamParams, ProcessClusterParams } from './process-cluster-schema.js';

export const HOST = '127.0.0.1';

/** Who may connect: the load without credentials, and the system account, in which the servers report events. */
export const EVENTS_USER = 'events';
export const SYSTEM_USER = 'system';

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
  readonly storeDir: string;
  readonly password: string;
  readonly params: ProcessClusterParams;
}

/** One server's settings: what the scenario passes through, and over it what stormglass decides. */
export function nodeSettings(options: NodeSettingsOptions): Record<string, unknown> {
  const { name, clusterName, ports, otherRoutes, storeDir, password, params } = options;
  const { jetstream: jetstreamPassed, cluster: clusterPassed, ...passed } = lowerCaseKeys(params.config);
  const { enabled } = params.jetstream;
  return {
    ...passed,
    server_name: name,
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
      },
    }),
    ...(enabled && {
      jetstream: {
        ...jetstreamLimits(params.jetstream),
        ...lowerCaseKeys(jetstreamPassed),
        store_dir: storeDir,
      },
    }),
    accounts: {
      EVENTS: { users: [{ user: EVENTS_USER, password }], ...(enabled && { jetstream: 'enabled' }) },
      SYSTEM: { users: [{ user: SYSTEM_USER, password }] },
    },
    system_account: 'SYSTEM',
    no_auth_user: EVENTS_USER,
  };
}

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
