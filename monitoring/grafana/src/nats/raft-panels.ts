import { over } from '../parts/prometheus-query.js';
import { stateTimeline } from '../parts/state-timeline.js';
import { table } from '../parts/table.js';
import { badAbove, betterAbove, worseAbove } from '../parts/threshold-steps.js';
import { timeSeries } from '../parts/time-series.js';
import { valueNames } from '../parts/value-names.js';
import { GROUP } from './selectors.js';

/** Whether groups can decide, and their copies are any. */
export function raftPanels() {
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
        ),
        over(
          `sum by (server) (1 - max by (${group}, server) (cim_nats_raft_replica_current{stream=~"$stream|",server=~"$server"}))`,
          '{{server}} not current',
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
        ),
        over(
          `sum(max by (${group}) (increase(cim_nats_quorum_lost_total${GROUP}[$__rate_interval]))) or vector(0)`,
          'quorum lost',
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
        { label: 'kind', title: 'Kind' },
        { label: 'stream', title: 'Stream' },
        { label: 'consumer', title: 'Consumer' },
        {
          title: 'Led',
          decimals: 0,
          thresholds: betterAbove(1, 1),
          expr: `min by (${group}) (cim_nats_raft_has_leader${GROUP})`,
        },
        {
          title: 'Elections',
          decimals: 0,
          thresholds: worseAbove(2, 5),
          expr: `max by (${group}) (increase(cim_nats_elections_total${GROUP}[$__range]))`,
        },
        {
          title: 'Quorum lost',
          decimals: 0,
          thresholds: badAbove(1),
          expr: `max by (${group}) (increase(cim_nats_quorum_lost_total${GROUP}[$__range])) or min by (${group}) (cim_nats_raft_has_leader${GROUP}) * 0`,
        },
        {
          title: 'Furthest behind',
          unit: 'short',
          thresholds: worseAbove(100, 1000),
          expr: `max by (${group}) (cim_nats_raft_replica_lag${GROUP})`,
        },
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
