import type { MetricFamily, MetricSample } from '../../contracts/metric.js';
import type { ServerMetricName } from '../catalog/server-metrics.js';
import { family } from '../family.js';
import { OTHER } from './group-key.js';
import type { RaftGroup } from './raft-group.js';

type Labels = Readonly<Record<string, string>>;
type Together = (a: number, b: number) => number;

/** What a metric tells of one group: a value, or one for each of its servers. */
type Tells = (group: RaftGroup) => Iterable<readonly [serverName: string | undefined, value: number]>;

const sum: Together = (a, b) => a + b;

/** Of each metric how groups that are told as one come together: the worst of them, or their sum. */
const METRICS: readonly (readonly [ServerMetricName, Together, Tells])[] = [
  [
    'cim_nats_raft_has_leader',
    Math.min,
    (group) => (group.state ? [[undefined, Number(group.hasLeader)]] : []),
  ],
  [
    'cim_nats_raft_leader',
    sum,
    ({ state }) =>
      (state?.members ?? []).map((server) => [server, Number(server === state?.leader)] as const),
  ],
  [
    'cim_nats_raft_replica_lag',
    Math.max,
    ({ state }) =>
      (state?.replicas ?? []).flatMap(({ server, lag }) =>
        lag === undefined ? [] : [[server, lag] as const],
      ),
  ],
  [
    'cim_nats_raft_replica_offline',
    Math.max,
    ({ state }) => (state?.replicas ?? []).map(({ server, offline }) => [server, Number(offline)] as const),
  ],
  [
    'cim_nats_raft_replica_current',
    Math.min,
    ({ state }) =>
      (state?.replicas ?? []).flatMap(({ server, current }) =>
        current === undefined ? [] : [[server, Number(current)] as const],
      ),
  ],
  ['cim_nats_elections_total', sum, ({ elections }) => [[undefined, elections.count]]],
  ['cim_nats_quorum_lost_total', sum, ({ quorumLost }) => [[undefined, quorumLost]]],
];

/** The figures of Raft groups, made as they are read: there may be many. Those that are too many are one of each kind. */
export function* groupFamilies(
  groups: readonly RaftGroup[],
  label: (serverName: string) => string,
): Iterable<MetricFamily> {
  const meta = groups.find(({ name, state }) => name.kind === 'meta' && state !== undefined);
  const metaLeaders = (meta?.state?.members ?? []).map((server) => ({
    labels: { server: label(server) },
    value: server === meta?.state?.leader ? 1 : 0,
  }));
  yield family('cim_nats_meta_leader', metaLeaders);
  yield family(
    'cim_nats_meta_has_leader',
    meta === undefined ? [] : [{ labels: {}, value: meta.hasLeader ? 1 : 0 }],
  );
  for (const [name, together, tells] of METRICS) {
    yield family(name, { [Symbol.iterator]: () => samplesOf(groups, label, together, tells) });
  }
}

function* samplesOf(
  groups: readonly RaftGroup[],
  label: (serverName: string) => string,
  together: Together,
  tells: Tells,
): Iterator<MetricSample> {
  const others = new Map<string, { labels: Labels; value: number }>();
  for (const group of groups) {
    const ofGroup = labelsOf(group);
    for (const [server, value] of tells(group)) {
      const labels = server === undefined ? ofGroup : { ...ofGroup, server: label(server) };
      if (group.isTold) {
        yield { labels, value };
        continue;
      }
      const key = Object.values(labels).join('\0');
      const known = others.get(key);
      if (known === undefined) others.set(key, { labels, value });
      else known.value = together(known.value, value);
    }
  }
  yield* others.values();
}

function labelsOf({ name: { kind, account, stream, consumer }, isTold }: RaftGroup): Labels {
  if (isTold) return { kind, account, stream, consumer };
  return { kind, account: OTHER, stream: OTHER, consumer: kind === 'consumer' ? OTHER : '' };
}
