import type { MetricFamily, MetricSample } from '../../contracts/metric.js';
import type { ServerMetricName } from '../catalog/server-metrics.js';
import { family } from '../family.js';
import { OTHER } from './group-key.js';
import { type GroupName, META_GROUP } from './group-views.js';
import type { GroupCounts, RaftGroup } from './raft-group.js';

type Labels = Readonly<Record<string, string>>;
type Together = (a: number, b: number) => number;

/** What was counted, by kind, of those that are told as one. */
export type OtherCounts = Readonly<Record<GroupName['kind'], GroupCounts>>;

/** What a gauge tells of one group: a value for each of its servers, or one under no server. */
type Tells = (group: RaftGroup) => Iterable<readonly [serverName: string, value: number]>;

const sum: Together = (a, b) => a + b;

/** Of each gauge how groups that are told as one come together: the worst of them, or their sum. */
const GAUGES: readonly (readonly [ServerMetricName, Together, Tells])[] = [
  [
    'cim_nats_raft_has_leader',
    Math.min,
    // Of one replica it is the server that is away: whoever tells of that needs to know which.
    (group) => (group.state ? [[group.onlyServer, Number(group.hasLeader)]] : []),
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
];

const COUNTERS: readonly (readonly [ServerMetricName, keyof GroupCounts])[] = [
  ['cim_nats_elections_total', 'elections'],
  ['cim_nats_quorum_lost_total', 'quorumLost'],
];

/** The figures of Raft groups, made as they are read: there may be many. Those that are too many are one of each kind. */
export function* groupFamilies(
  groups: readonly RaftGroup[],
  others: OtherCounts,
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
  for (const [name, together, tells] of GAUGES) {
    yield family(name, { [Symbol.iterator]: () => samplesOf(groups, label, together, tells) });
  }
  for (const [name, counted] of COUNTERS) {
    yield family(name, { [Symbol.iterator]: () => countsOf(groups, others, counted) });
  }
}

/** Those told as one have one sum, which also has what was counted of those that are gone: a counter does not fall. */
function* countsOf(
  groups: readonly RaftGroup[],
  others: OtherCounts,
  counted: keyof GroupCounts,
): Iterator<MetricSample> {
  const untold = new Set<string>();
  for (const { name, isTold, counts } of groups) {
    if (isTold) yield { labels: labelsOf(name, isTold), value: counts[counted] };
    else untold.add(name.kind);
  }
  for (const kind of ['stream', 'consumer'] as const) {
    const value = others[kind][counted];
    if (value > 0 || untold.has(kind)) yield { labels: labelsOf({ ...META_GROUP, kind }, false), value };
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
    const ofGroup = labelsOf(group.name, group.isTold);
    for (const [server, value] of tells(group)) {
      const labels = { ...ofGroup, server: server && label(server) };
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

function labelsOf({ kind, account, stream, consumer }: GroupName, isTold: boolean): Labels {
  if (isTold) return { kind, account, stream, consumer };
  return { kind, account: OTHER, stream: OTHER, consumer: kind === 'consumer' ? OTHER : '' };
}
