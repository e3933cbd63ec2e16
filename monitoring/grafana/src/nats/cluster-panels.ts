import { BigValueTextMode } from '@grafana/grafana-foundation-sdk/common';
import { now, over } from '../parts/prometheus-query.js';
import { stat } from '../parts/stat.js';
import { stateTimeline } from '../parts/state-timeline.js';
import { badAbove, betterAbove, NEUTRAL } from '../parts/threshold-steps.js';
import { valueNames } from '../parts/value-names.js';
import { GROUP, SERVER, SERVER_ID } from './selectors.js';

const UP = valueNames([0, 'down', 'red'], [1, 'up', 'green']);

/** Who is there, who is missing, and who leads. */
export function clusterPanels() {
  return [
    stat({
      title: 'Servers',
      description: 'Servers that answer, and how many there should be.',
      unit: 'none',
      span: 4,
      thresholds: NEUTRAL,
      queries: [
        now('max(cim_nats_cluster_size)', 'answer'),
        now('max(cim_nats_cluster_expected_size)', 'expected'),
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
