import { BigValueTextMode } from '@grafana/grafana-foundation-sdk/common';
import { barList } from './parts/bar-list.js';
import { cimDashboard } from './parts/cim-dashboard.js';
import { labelVariable } from './parts/label-variable.js';
import { now, over, rows } from './parts/prometheus-query.js';
import { stat } from './parts/stat.js';
import { stateTimeline } from './parts/state-timeline.js';
import { table } from './parts/table.js';
import { badAbove, betterAbove, NEUTRAL, worseAbove } from './parts/threshold-steps.js';
import { timeSeries } from './parts/time-series.js';
import { valueNames } from './parts/value-names.js';

const SERVER = '{server=~"$server"}';
/** The exporter's own label for a server. */
const SERVER_ID = '{server_id=~"$server"}';
const STREAM = '{stream_name=~"$stream"}';
/** Groups of the chosen streams, and the meta group, which has none. */
const GROUP = '{stream=~"$stream|"}';
const CONSUMER_LABELS = 'stream_name, consumer_name';
const UP = valueNames([0, 'down', 'red'], [1, 'up', 'green']);

/** The servers: who is there, what goes through them, what they store, and whether Raft can decide. */
export const cimNats = () =>
  cimDashboard({
    uid: 'cim-nats',
    title: 'CIM / NATS',
    description:
      'The servers: who is there, what goes through them, what they store, and whether Raft can decide.',
    tags: ['nats'],
    variables: [
      labelVariable({
        name: 'server',
        label: 'Server',
        description: 'Servers whose figures are shown.',
        of: 'cim_nats_up',
      }),
      labelVariable({
        name: 'stream',
        label: 'Stream',
        description: 'Streams, with their consumers and Raft groups.',
        of: 'jetstream_stream_total_messages',
        labelName: 'stream_name',
      }),
    ],
    sections: [
      { title: 'Cluster', panels: clusterPanels() },
      { title: 'Traffic', panels: trafficPanels() },
      { title: 'Connections', panels: connectionPanels() },
      { title: 'Servers', panels: serverPanels() },
      { title: 'JetStream storage', panels: storagePanels() },
      { title: 'Consumers', panels: consumerPanels() },
      { title: 'Raft', panels: raftPanels() },
    ],
  });

function clusterPanels() {
  return [
    stat({
      title: 'Servers',
      description: 'Servers that answer, and how many there should be.',
      unit: 'none',
      span: 4,
      thresholds: NEUTRAL,
      queries: [
        now('max(cim_nats_cluster_size)', 'answer', 'A'),
        now('max(cim_nats_cluster_expected_size)', 'expected', 'B'),
      ],
    }),
    stat({
      title: 'Missing',
      description: 'Servers that should be there and do not answer.',
      unit: 'none',
      span: 3,
      loud: true,
      thresholds: badAbove(1),
      queries: [now('max(cim_nats_cluster_expected_size) - max(cim_nats_cluster_size)', 'missing')],
    }),
    stat({
      title: 'Meta leader',
      description:
        'The server that leads the meta group. Without one no stream or consumer can be made, moved or deleted.',
      unit: 'none',
      span: 4,
      text: BigValueTextMode.Name,
      thresholds: NEUTRAL,
      noValue: 'nobody',
      queries: [now('max by (server) (cim_nats_meta_leader) == 1', '{{server}}')],
    }),
    stat({
      title: 'Meta group',
      description: 'Whether the meta group has a leader that a majority follows.',
      unit: 'none',
      span: 4,
      loud: true,
      thresholds: betterAbove(1, 1),
      mappings: valueNames([0, 'no leader', 'red'], [1, 'decides', 'green']),
      queries: [now('min(cim_nats_meta_has_leader)', 'meta group')],
    }),
    stat({
      title: 'Groups without a leader',
      description:
        'Streams and consumers that nobody leads: they take and give nothing. Below, under Raft: which.',
      unit: 'none',
      span: 3,
      loud: true,
      thresholds: badAbove(1),
      queries: [
        now(
          `count(min by (kind, account, stream, consumer) (cim_nats_raft_has_leader${GROUP}) == 0) or vector(0)`,
          'groups',
        ),
      ],
    }),
    stat({
      title: 'Routes missing',
      description: 'Pairs of servers that should be connected and are not, seen from each.',
      unit: 'none',
      span: 3,
      loud: true,
      thresholds: badAbove(1),
      queries: [
        now(
          `sum(clamp_min(max by (server) (cim_nats_routes_expected${SERVER}) - max by (server) (cim_nats_routes${SERVER}), 0))`,
          'routes',
        ),
      ],
    }),
    stat({
      title: 'Clients cut off',
      description: 'Clients that servers cut off in the time shown, because they did not read fast enough.',
      unit: 'none',
      span: 3,
      decimals: 0,
      thresholds: badAbove(1),
      queries: [now(`sum(increase(gnatsd_varz_slow_consumers${SERVER_ID}[$__range]))`, 'slow consumers')],
    }),
    stateTimeline({
      title: 'Servers that answer',
      description: 'When which server answered its probe.',
      unit: 'none',
      span: 12,
      height: 7,
      thresholds: betterAbove(1, 1),
      mappings: UP,
      queries: [over(`min by (server) (cim_nats_up${SERVER})`, '{{server}}')],
    }),
    stateTimeline({
      title: 'Servers that are healthy',
      description: 'What /healthz said: a server can answer and still be catching up.',
      unit: 'none',
      span: 12,
      height: 7,
      thresholds: betterAbove(1, 1),
      mappings: valueNames([0, 'unhealthy', 'orange'], [1, 'healthy', 'green']),
      queries: [over(`min by (server) (cim_nats_healthy${SERVER})`, '{{server}}')],
    }),
  ];
}

function trafficPanels() {
  const panel = (title: string, description: string, metric: string, unit: string) =>
    timeSeries({
      title,
      description,
      unit,
      span: 6,
      stacked: true,
      queries: [over(`max by (server_id) (rate(${metric}${SERVER_ID}[$__rate_interval]))`, '{{server_id}}')],
    });
  return [
    panel(
      'Messages in',
      'Messages that servers took, from clients and from each other.',
      'gnatsd_varz_in_msgs',
      'mps',
    ),
    panel(
      'Messages out',
      'Messages that servers gave, to clients and to each other.',
      'gnatsd_varz_out_msgs',
      'mps',
    ),
    panel('Bytes in', 'Bytes of payload that servers took.', 'gnatsd_varz_in_bytes', 'Bps'),
    panel('Bytes out', 'Bytes of payload that servers gave.', 'gnatsd_varz_out_bytes', 'Bps'),
  ];
}

function connectionPanels() {
  return [
    timeSeries({
      title: 'Connections',
      description: 'Clients connected to each server, and how many it takes.',
      unit: 'short',
      span: 8,
      decimals: 0,
      queries: [over(`max by (server_id) (gnatsd_varz_connections${SERVER_ID})`, '{{server_id}}')],
    }),
    timeSeries({
      title: 'Connections of those possible',
      description: 'At 100 % a server turns clients away.',
      unit: 'percentunit',
      span: 8,
      max: 1,
      thresholds: worseAbove(0.8, 0.95),
      queries: [
        over(
          `max by (server_id) (gnatsd_varz_connections${SERVER_ID}) / (max by (server_id) (gnatsd_varz_max_connections${SERVER_ID}) > 0)`,
          '{{server_id}}',
        ),
      ],
    }),
    timeSeries({
      title: 'Slow consumers',
      description:
        'Clients cut off because they did not read fast enough; what they had not read is lost to them. Bytes that wait for clients tell it before.',
      unit: 'short',
      span: 8,
      queries: [
        over(
          `max by (server_id) (increase(gnatsd_varz_slow_consumers${SERVER_ID}[$__rate_interval]))`,
          '{{server_id}}',
        ),
      ],
    }),
    timeSeries({
      title: 'Bytes that wait for clients',
      description: 'What servers have to give and clients have not read.',
      unit: 'bytes',
      span: 8,
      queries: [over(`max by (server_id) (gnatsd_connz_pending_bytes${SERVER_ID})`, '{{server_id}}')],
    }),
    timeSeries({
      title: 'Subscriptions',
      description: 'Interests that each server knows, those of other servers included.',
      unit: 'short',
      span: 8,
      decimals: 0,
      queries: [over(`max by (server_id) (gnatsd_varz_subscriptions${SERVER_ID})`, '{{server_id}}')],
    }),
    timeSeries({
      title: 'Routes',
      description:
        'Other servers that each server has a route to, and how many it should have. One fewer on two servers: the link between them is cut.',
      unit: 'short',
      span: 8,
      decimals: 0,
      limits: ['expected'],
      queries: [
        over(`max by (server) (cim_nats_routes${SERVER})`, '{{server}}', 'A'),
        over(`max(cim_nats_routes_expected${SERVER})`, 'expected', 'B'),
      ],
    }),
  ];
}

function serverPanels() {
  return [
    timeSeries({
      title: 'CPU',
      description: 'Of one core: 200 % are two cores.',
      unit: 'percent',
      span: 8,
      queries: [over(`max by (server_id) (gnatsd_varz_cpu${SERVER_ID})`, '{{server_id}}')],
    }),
    timeSeries({
      title: 'Memory',
      description: 'Resident memory of each server.',
      unit: 'bytes',
      span: 8,
      queries: [over(`max by (server_id) (gnatsd_varz_mem${SERVER_ID})`, '{{server_id}}')],
    }),
    timeSeries({
      title: 'Age of what is shown',
      description: 'Since each server last answered its probe. Its other figures are as old as this.',
      unit: 's',
      span: 8,
      thresholds: worseAbove(10, 30),
      queries: [over(`max by (server) (cim_nats_probe_age_seconds${SERVER})`, '{{server}}')],
    }),
  ];
}

function storagePanels() {
  return [
    barList({
      title: 'Storage used',
      description:
        'Share of the file storage that JetStream may use. When it is full, publishing to streams fails.',
      unit: 'percentunit',
      span: 6,
      max: 1,
      thresholds: worseAbove(0.75, 0.9),
      queries: [
        now(
          `max by (server_id) (gnatsd_varz_jetstream_stats_storage${SERVER_ID}) / (max by (server_id) (gnatsd_varz_jetstream_config_max_storage${SERVER_ID}) > 0)`,
          '{{server_id}}',
        ),
      ],
    }),
    timeSeries({
      title: 'Storage',
      description: 'Bytes that JetStream keeps in files on each server.',
      unit: 'bytes',
      span: 9,
      queries: [
        over(`max by (server_id) (gnatsd_varz_jetstream_stats_storage${SERVER_ID})`, '{{server_id}}'),
      ],
    }),
    timeSeries({
      title: 'Memory storage',
      description: 'Bytes that JetStream keeps in memory on each server.',
      unit: 'bytes',
      span: 9,
      queries: [over(`max by (server_id) (gnatsd_varz_jetstream_stats_memory${SERVER_ID})`, '{{server_id}}')],
    }),
    timeSeries({
      title: 'Stored each second',
      description: 'Messages that each stream takes: the twenty busiest.',
      unit: 'mps',
      span: 8,
      queries: [
        over(
          `topk(20, max by (stream_name) (rate(jetstream_stream_last_seq${STREAM}[$__rate_interval])))`,
          '{{stream_name}}',
        ),
      ],
    }),
    timeSeries({
      title: 'Bytes of streams',
      description: 'What one copy of each stream holds: the twenty largest.',
      unit: 'bytes',
      span: 8,
      queries: [
        over(`topk(20, max by (stream_name) (jetstream_stream_total_bytes${STREAM}))`, '{{stream_name}}'),
      ],
    }),
    timeSeries({
      title: 'Messages of streams',
      description: 'Messages that each stream holds: the twenty largest.',
      unit: 'short',
      span: 8,
      queries: [
        over(`topk(20, max by (stream_name) (jetstream_stream_total_messages${STREAM}))`, '{{stream_name}}'),
      ],
    }),
  ];
}

function consumerPanels() {
  const most = (metric: string): string => `max by (${CONSUMER_LABELS}) (${metric}${STREAM})`;
  const legend = '{{stream_name}} {{consumer_name}}';
  return [
    timeSeries({
      title: 'Not yet delivered',
      description:
        'Messages that wait for each consumer: its lag. Growing without end: the consumer is too slow, or gone.',
      unit: 'short',
      span: 12,
      queries: [over(`topk(20, ${most('jetstream_consumer_num_pending')})`, legend)],
    }),
    timeSeries({
      title: 'Not yet acknowledged',
      description:
        'Delivered, and neither acknowledged nor given up. At the consumer’s limit it gets nothing more.',
      unit: 'short',
      span: 12,
      queries: [over(`topk(20, ${most('jetstream_consumer_num_ack_pending')})`, legend)],
    }),
    timeSeries({
      title: 'Delivered each second',
      description: 'Messages delivered to each consumer, those delivered again included.',
      unit: 'mps',
      span: 8,
      queries: [
        over(
          `topk(20, max by (${CONSUMER_LABELS}) (rate(jetstream_consumer_delivered_consumer_seq${STREAM}[$__rate_interval])))`,
          legend,
        ),
      ],
    }),
    timeSeries({
      title: 'Delivered again',
      description:
        'Messages of each consumer that are in their second delivery or a later one: work that is done twice, or fails.',
      unit: 'short',
      span: 8,
      queries: [over(`topk(20, ${most('jetstream_consumer_num_redelivered')})`, legend)],
    }),
    timeSeries({
      title: 'Pulls that wait',
      description: 'Open requests of pull consumers. None, while messages wait: nobody asks for them.',
      unit: 'short',
      span: 8,
      queries: [over(`topk(20, ${most('jetstream_consumer_num_waiting')})`, legend)],
    }),
  ];
}

function raftPanels() {
  const group = 'kind, account, stream, consumer';
  const legend = '{{kind}} {{stream}} {{consumer}}';
  return [
    stateTimeline({
      title: 'Groups with a leader',
      description:
        'Red: nobody leads the group, or no majority follows: it takes and gives nothing. At most thirty groups; those without a leader first.',
      unit: 'none',
      span: 12,
      height: 9,
      thresholds: betterAbove(1, 1),
      mappings: valueNames([0, 'no leader', 'red'], [1, 'led', 'green']),
      queries: [over(`bottomk(30, min by (${group}) (cim_nats_raft_has_leader${GROUP}))`, legend)],
    }),
    timeSeries({
      title: 'Groups led by each server',
      description: 'All on one server: it does most of the work. Steps are elections.',
      unit: 'short',
      span: 12,
      height: 9,
      decimals: 0,
      stacked: true,
      queries: [
        over(
          `sum by (server) (max by (${group}, server) (cim_nats_raft_leader{server=~"$server"}))`,
          '{{server}}',
        ),
      ],
    }),
    timeSeries({
      title: 'Lag of replicas',
      description:
        'Operations that a replica is behind its leader: the twenty furthest behind. A replica that does not catch up is no copy.',
      unit: 'short',
      span: 8,
      queries: [
        over(
          `topk(20, max by (${group}, server) (cim_nats_raft_replica_lag{stream=~"$stream|",server=~"$server"}))`,
          `${legend} {{server}}`,
        ),
      ],
    }),
    timeSeries({
      title: 'Replicas offline or not current',
      description: 'Replicas that their leaders call offline, and those that lag behind, by server.',
      unit: 'short',
      span: 8,
      decimals: 0,
      queries: [
        over(
          `sum by (server) (max by (${group}, server) (cim_nats_raft_replica_offline{stream=~"$stream|",server=~"$server"}))`,
          '{{server}} offline',
          'A',
        ),
        over(
          `sum by (server) (1 - max by (${group}, server) (cim_nats_raft_replica_current{stream=~"$stream|",server=~"$server"}))`,
          '{{server}} not current',
          'B',
        ),
      ],
    }),
    timeSeries({
      title: 'Elections',
      description:
        'Leaders elected, by kind of group. Each costs a moment in which the group takes nothing; a stream of them is a network, or a disk, that is too slow.',
      unit: 'short',
      span: 8,
      queries: [
        over(
          `sum by (kind) (max by (${group}) (increase(cim_nats_elections_total${GROUP}[$__rate_interval])))`,
          '{{kind}}',
          'A',
        ),
        over(
          `sum(max by (${group}) (increase(cim_nats_quorum_lost_total${GROUP}[$__rate_interval]))) or vector(0)`,
          'quorum lost',
          'B',
        ),
      ],
    }),
    table({
      title: 'Groups',
      description:
        'Each Raft group: how often it elected a leader and lost its quorum in the time shown, and the replica furthest behind.',
      unit: 'none',
      span: 16,
      height: 9,
      sortBy: 'Elections',
      columns: [
        { from: 'kind', title: 'Kind' },
        { from: 'stream', title: 'Stream' },
        { from: 'consumer', title: 'Consumer' },
        { from: 'A', title: 'Led', decimals: 0, thresholds: betterAbove(1, 1) },
        { from: 'B', title: 'Elections', decimals: 0, thresholds: worseAbove(2, 5) },
        { from: 'C', title: 'Quorum lost', decimals: 0, thresholds: badAbove(1) },
        { from: 'D', title: 'Furthest behind', unit: 'short', thresholds: worseAbove(100, 1000) },
      ],
      queries: [
        rows(`min by (${group}) (cim_nats_raft_has_leader${GROUP})`, 'A'),
        rows(`max by (${group}) (increase(cim_nats_elections_total${GROUP}[$__range]))`, 'B'),
        rows(
          `max by (${group}) (increase(cim_nats_quorum_lost_total${GROUP}[$__range])) or min by (${group}) (cim_nats_raft_has_leader${GROUP}) * 0`,
          'C',
        ),
        rows(`max by (${group}) (cim_nats_raft_replica_lag${GROUP})`, 'D'),
      ],
    }),
    timeSeries({
      title: 'Advisories',
      description: 'What JetStream says of itself, by kind.',
      unit: 'short',
      span: 8,
      height: 9,
      queries: [over('max by (kind) (increase(cim_nats_advisories_total[$__rate_interval]))', '{{kind}}')],
    }),
  ];
}
