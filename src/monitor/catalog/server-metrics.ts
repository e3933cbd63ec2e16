import type { MetricDescription } from '../../contracts/metric.js';

/** Which Raft group: `kind` is meta, stream or consumer; the others are empty where they say nothing. */
const GROUP = ['kind', 'account', 'stream', 'consumer'] as const;

/** What the exporter of the NATS project does not tell: the names that are stormglass's own. */
export const SERVER_METRICS = [
  {
    name: 'cim_nats_servers_watched',
    type: 'gauge',
    labels: [],
    source: 'the servers that were named, or found by the account of the system',
    help: 'Servers that are asked about themselves; absent where nobody asked for that.',
  },
  {
    name: 'cim_nats_up',
    type: 'gauge',
    labels: ['server'],
    source: 'any of its pages',
    help: '1 while the endpoint of the server answers.',
  },
  {
    name: 'cim_nats_healthy',
    type: 'gauge',
    labels: ['server'],
    source: '/healthz',
    help: '1 while the server says that it is healthy.',
  },
  {
    name: 'cim_nats_cluster_size',
    type: 'gauge',
    labels: [],
    source: '/varz, /routez',
    help: 'Servers that answer.',
  },
  {
    name: 'cim_nats_cluster_expected_size',
    type: 'gauge',
    labels: [],
    source: 'the servers that were named, or the most seen',
    help: 'Servers that there should be.',
  },
  {
    name: 'cim_nats_routes',
    type: 'gauge',
    labels: ['server'],
    source: '/routez',
    help: 'Other servers that the server has a route to.',
  },
  {
    name: 'cim_nats_routes_expected',
    type: 'gauge',
    labels: ['server'],
    source: 'the servers that were named, or the most seen',
    help: 'Other servers that it should have a route to.',
  },
  {
    name: 'cim_nats_meta_leader',
    type: 'gauge',
    labels: ['server'],
    source: '/jsz',
    help: '1 for the server that leads the meta group.',
  },
  {
    name: 'cim_nats_meta_has_leader',
    type: 'gauge',
    labels: [],
    source: '/jsz',
    help: '1 while the meta group has a leader that a majority follows.',
  },
  {
    name: 'cim_nats_raft_has_leader',
    type: 'gauge',
    labels: [...GROUP, 'server'],
    source: '/jsz',
    help: '1 while the group has a leader that a majority follows; the server of a group of one replica.',
  },
  {
    name: 'cim_nats_raft_leader',
    type: 'gauge',
    labels: [...GROUP, 'server'],
    source: '/jsz',
    help: '1 for the server that leads the group.',
  },
  {
    name: 'cim_nats_raft_replica_lag',
    type: 'gauge',
    labels: [...GROUP, 'server'],
    source: '/jsz',
    help: 'Operations that the replica is behind its leader.',
  },
  {
    name: 'cim_nats_raft_replica_offline',
    type: 'gauge',
    labels: [...GROUP, 'server'],
    source: '/jsz',
    help: '1 while the replica is away: its leader says so, or hears nothing of it.',
  },
  {
    name: 'cim_nats_raft_replica_current',
    type: 'gauge',
    labels: [...GROUP, 'server'],
    source: '/jsz',
    help: '1 while the leader says that the replica is current.',
  },
  {
    name: 'cim_nats_groups_dropped',
    type: 'gauge',
    labels: ['kind'],
    source: 'the probe',
    help: 'Streams and consumers told under the name "other", because there are too many to tell apart.',
  },
  {
    name: 'cim_nats_elections_total',
    type: 'counter',
    labels: GROUP,
    source: 'advisories, /jsz',
    help: 'Leaders elected.',
  },
  {
    name: 'cim_nats_quorum_lost_total',
    type: 'counter',
    labels: GROUP,
    source: 'advisories, /jsz',
    help: 'Times that a group lost its quorum.',
  },
  {
    name: 'cim_nats_advisories_total',
    type: 'counter',
    labels: ['kind'],
    source: 'advisories',
    help: 'JetStream advisories received, by kind.',
  },
  {
    name: 'cim_nats_probe_age_seconds',
    type: 'gauge',
    labels: ['server'],
    source: 'the probe',
    help: 'Since the server last answered.',
  },
] as const satisfies readonly MetricDescription[];

export type ServerMetricName = (typeof SERVER_METRICS)[number]['name'];
