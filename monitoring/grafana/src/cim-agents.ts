import { cimDashboard } from './parts/cim-dashboard.js';
import { heatMap } from './parts/heat-map.js';
import { labelVariable } from './parts/label-variable.js';
import { buckets, now, over } from './parts/prometheus-query.js';
import { QUANTILE_COLORS, quantile, quantilesWithExemplars } from './parts/quantiles.js';
import { stat } from './parts/stat.js';
import { table } from './parts/table.js';
import { badAbove, NEUTRAL, worseAbove } from './parts/threshold-steps.js';
import { timeSeries } from './parts/time-series.js';

const CHOSEN = '{group=~"$group"}';
const RESULTS = `sum(rate(cim_agent_results_total${CHOSEN}[$__rate_interval]))`;
const FAILED = `sum(rate(cim_agent_results_total{group=~"$group",outcome="failure"}[$__rate_interval]))`;

/** Agents: who is there, who was not heard, how fast they answer and how well. */
export const cimAgents = () =>
  cimDashboard({
    uid: 'cim-agents',
    title: 'CIM / Agents',
    description: 'Agents: who is there, who was not heard, how fast they answer, and how well.',
    tags: ['agents'],
    variables: [
      labelVariable({
        name: 'group',
        label: 'Group',
        description: 'Groups of agents.',
        of: 'cim_agent_known',
      }),
    ],
    sections: [
      { title: 'Now', panels: nowPanels() },
      { title: 'Presence', panels: presencePanels() },
      { title: 'Commands', panels: commandPanels() },
      { title: 'Groups', panels: groupPanels() },
    ],
  });

function nowPanels() {
  return [
    stat({
      title: 'Alive',
      description: 'Agents heard within the time in which each must be heard.',
      unit: 'short',
      span: 4,
      line: true,
      thresholds: NEUTRAL,
      queries: [over(`sum(cim_agent_alive${CHOSEN})`, 'alive')],
    }),
    stat({
      title: 'Missing',
      description: 'Agents that are known and were not heard in time.',
      unit: 'short',
      span: 4,
      line: true,
      loud: true,
      thresholds: badAbove(1),
      queries: [over(`sum(cim_agent_missing${CHOSEN})`, 'missing')],
    }),
    stat({
      title: 'Heartbeats missed',
      description: 'Heartbeats in the time shown that were due and did not come.',
      unit: 'short',
      span: 4,
      decimals: 0,
      thresholds: badAbove(1),
      queries: [now(`sum(increase(cim_agent_heartbeats_missed_total${CHOSEN}[$__range]))`, 'missed')],
    }),
    stat({
      title: 'Command to result, p99',
      description: 'One command of a hundred takes longer until its result.',
      unit: 's',
      span: 4,
      line: true,
      thresholds: worseAbove(1, 5),
      queries: [over(quantile(0.99, 'cim_agent_command_latency_seconds', CHOSEN), 'p99')],
    }),
    stat({
      title: 'Failed results',
      description: 'Failures among all results.',
      unit: 'percentunit',
      span: 4,
      line: true,
      decimals: 2,
      thresholds: worseAbove(0.01, 0.05),
      queries: [over(`((${FAILED}) or (${RESULTS}) * 0) / ((${RESULTS}) > 0)`, 'failed')],
    }),
    stat({
      title: 'Commands open',
      description: 'Commands whose result has not come.',
      unit: 'short',
      span: 4,
      line: true,
      thresholds: NEUTRAL,
      queries: [over(`sum(cim_agent_commands_open${CHOSEN})`, 'open')],
    }),
  ];
}

function presencePanels() {
  return [
    timeSeries({
      title: 'Agents alive',
      description:
        'Agents heard in time, by group, and how many are known. A gap between them is who is missing.',
      unit: 'short',
      span: 12,
      height: 9,
      stacked: false,
      limits: ['known'],
      queries: [
        over(`sum by (group) (cim_agent_alive${CHOSEN})`, '{{group}}'),
        over(`sum(cim_agent_known${CHOSEN})`, 'known'),
      ],
    }),
    timeSeries({
      title: 'Agents missing',
      description:
        'Known and not heard in time, by group. All of a group at once: look at what they share, a server or a network.',
      unit: 'short',
      span: 12,
      height: 9,
      stacked: true,
      queries: [over(`sum by (group) (cim_agent_missing${CHOSEN})`, '{{group}}')],
    }),
    timeSeries({
      title: 'Heartbeats',
      description: 'Heartbeats received each second.',
      unit: 'eps',
      span: 8,
      queries: [
        over(`sum by (group) (rate(cim_agent_heartbeats_total${CHOSEN}[$__rate_interval]))`, '{{group}}'),
      ],
    }),
    timeSeries({
      title: 'Heartbeats missed each second',
      description: 'Heartbeats each second that were due and did not come.',
      unit: 'eps',
      span: 8,
      queries: [
        over(
          `sum by (group) (rate(cim_agent_heartbeats_missed_total${CHOSEN}[$__rate_interval]))`,
          '{{group}}',
        ),
      ],
    }),
    timeSeries({
      title: 'Forgotten',
      description:
        'Agents and commands that are followed no longer: missing for too long, or too many to follow. Many agents at once: the figures above leave them out.',
      unit: 'short',
      span: 8,
      queries: [
        over(
          `sum by (group) (increase(cim_agent_forgotten_total${CHOSEN}[$__rate_interval]))`,
          '{{group}} agents',
        ),
        over(
          `sum by (group) (increase(cim_agent_commands_forgotten_total${CHOSEN}[$__rate_interval]))`,
          '{{group}} commands',
        ),
      ],
    }),
  ];
}

function commandPanels() {
  return [
    timeSeries({
      title: 'Commands and results',
      description:
        'Commands given, and results by outcome. Fewer results than commands: agents fall behind, or are gone.',
      unit: 'ops',
      span: 12,
      colors: { 'result success': 'green', 'result failure': 'red', commands: 'blue' },
      queries: [
        over(`sum(rate(cim_agent_commands_total${CHOSEN}[$__rate_interval]))`, 'commands'),
        over(
          `sum by (outcome) (rate(cim_agent_results_total${CHOSEN}[$__rate_interval]))`,
          'result {{outcome}}',
        ),
      ],
    }),
    timeSeries({
      title: 'Commands open by group',
      description: 'Commands whose result has not come.',
      unit: 'short',
      span: 12,
      stacked: true,
      queries: [over(`sum by (group) (cim_agent_commands_open${CHOSEN})`, '{{group}}')],
    }),
    timeSeries({
      title: 'Command to result',
      description:
        'From a command to its result. The points are exemplars: each leads to the trace of a command.',
      unit: 's',
      span: 12,
      logarithmic: true,
      colors: QUANTILE_COLORS,
      queries: quantilesWithExemplars('cim_agent_command_latency_seconds', CHOSEN),
    }),
    heatMap({
      title: 'Command to result, all of it',
      description: 'How many results took how long.',
      unit: 's',
      span: 12,
      queries: [
        buckets(`sum by (le) (rate(cim_agent_command_latency_seconds_bucket${CHOSEN}[$__rate_interval]))`),
      ],
    }),
  ];
}

function groupPanels() {
  return [
    table({
      title: 'Every group',
      description: 'Each group of agents: who is there, and how well it does.',
      unit: 'none',
      span: 24,
      sortBy: 'Missing',
      columns: [
        { label: 'group', title: 'Group' },
        { title: 'Known', unit: 'short', expr: `sum by (group) (cim_agent_known${CHOSEN})` },
        { title: 'Alive', unit: 'short', expr: `sum by (group) (cim_agent_alive${CHOSEN})` },
        {
          title: 'Missing',
          unit: 'short',
          thresholds: badAbove(1),
          expr: `sum by (group) (cim_agent_missing${CHOSEN})`,
        },
        {
          title: 'Heartbeats missed',
          unit: 'short',
          decimals: 0,
          thresholds: badAbove(1),
          expr: `sum by (group) (increase(cim_agent_heartbeats_missed_total${CHOSEN}[$__range]))`,
        },
        {
          title: 'Commands each second',
          unit: 'ops',
          bar: true,
          expr: `sum by (group) (rate(cim_agent_commands_total${CHOSEN}[$__rate_interval]))`,
        },
        {
          title: 'Command to result, p99',
          unit: 's',
          thresholds: worseAbove(1, 5),
          expr: quantile(0.99, 'cim_agent_command_latency_seconds', CHOSEN, ['group']),
        },
      ],
    }),
  ];
}
