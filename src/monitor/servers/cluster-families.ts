import type { MetricFamily, MetricSample } from '../../contracts/metric.js';
import { family } from '../family.js';
import type { WatchedServer } from './watched-server.js';

export interface ExpectedSizes {
  /** How many servers were named; 0: none, they are found. */
  readonly named: number;
  /** The most that were ever up together. */
  readonly largestSize: number;
  /** The most that a server ever had, by label. */
  readonly largestRoutes: ReadonlyMap<string, number>;
}

type Seen = Pick<
  WatchedServer,
  'label' | 'isUp' | 'isHealthy' | 'isLookedAt' | 'ageSeconds' | 'peers' | 'clusterName' | 'untold'
>;

/** What is told of servers that the exporter does not tell. */
export function* clusterFamilies(
  servers: readonly Seen[],
  { named, largestSize, largestRoutes }: ExpectedSizes,
): Iterable<MetricFamily> {
  const looked = servers.filter(({ isLookedAt }) => isLookedAt);
  const up = looked.filter(({ isUp }) => isUp);
  const byServer = (of: readonly Seen[], value: (server: Seen) => number): MetricSample[] =>
    of.map((server) => ({ labels: { server: server.label }, value: value(server) }));

  yield family(
    'cim_nats_up',
    byServer(looked, ({ isUp }) => Number(isUp)),
  );
  yield family(
    'cim_nats_healthy',
    byServer(looked, ({ isHealthy }) => Number(isHealthy)),
  );
  yield family('cim_nats_cluster_size', looked.length === 0 ? [] : [{ labels: {}, value: up.length }]);
  const expected = named === 0 ? largestSize : named;
  yield family('cim_nats_cluster_expected_size', expected === 0 ? [] : [{ labels: {}, value: expected }]);
  yield family(
    'cim_nats_routes',
    byServer(up, ({ peers }) => peers.size),
  );
  yield family(
    'cim_nats_routes_expected',
    byServer(up, (server) =>
      named === 0 ? (largestRoutes.get(server.label) ?? 0) : othersInCluster(server, servers),
    ),
  );
  yield family(
    'cim_nats_probe_age_seconds',
    byServer(servers, ({ ageSeconds }) => ageSeconds),
  );
  const untold = new Set(servers.flatMap((server) => [...server.untold]));
  const dropped = (kind: string) => [...untold].filter((key) => key.startsWith(`${kind} `)).length;
  yield family(
    'cim_nats_groups_dropped',
    ['stream', 'consumer'].map((kind) => ({ labels: { kind }, value: dropped(kind) })),
  );
}

/** One that was never there has no cluster of its own yet: it counts for every one. */
function othersInCluster(server: Seen, servers: readonly Seen[]): number {
  if (server.clusterName === '') return 0;
  return servers.filter(
    (other) => other !== server && (other.clusterName === server.clusterName || other.clusterName === ''),
  ).length;
}
