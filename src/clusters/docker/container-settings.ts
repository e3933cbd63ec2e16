import { type NodeSettingsOptions, nodeSettings } from '../server-settings.js';

/** The ports of a server within its container; outside, they are published on others. */
export const INNER = { client: 4222, monitor: 8222, route: 6222 } as const;
export const INNER_CONFIG = 'stormglass/nats.conf';
export const INNER_TLS = '/stormglass/tls';
export const INNER_STORE = '/stormglass/store';

export interface ContainerSettingsOptions
  extends Omit<NodeSettingsOptions, 'ports' | 'otherRoutes' | 'storeDir' | 'links'> {
  /** Names of the other servers within the mesh. */
  readonly others: readonly string[];
}

/** A server's settings within its container: those of a process, but for where it listens and whom it looks for. */
export function containerSettings({ others, ...options }: ContainerSettingsOptions): Record<string, unknown> {
  const anywhere = '0.0.0.0';
  const settings = nodeSettings({
    ...options,
    ports: INNER,
    otherRoutes: others.map(() => INNER.route),
    storeDir: INNER_STORE,
  });
  return {
    ...settings,
    host: anywhere,
    http: `${anywhere}:${INNER.monitor}`,
    ...(others.length > 0 && {
      cluster: {
        ...(settings.cluster as Record<string, unknown>),
        host: anywhere,
        routes: others.map((name) => `nats://${name}:${INNER.route}`),
        // Clients reach the published ports only, which the servers do not know of.
        no_advertise: true,
      },
    }),
  };
}
