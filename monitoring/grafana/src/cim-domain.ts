import { barList } from './parts/bar-list.js';
import { cimDashboard } from './parts/cim-dashboard.js';
import { heatMap } from './parts/heat-map.js';
import { labelVariable } from './parts/label-variable.js';
import { buckets, now, over, rows } from './parts/prometheus-query.js';
import { QUANTILE_COLORS, quantile, quantiles, quantilesWithExemplars } from './parts/quantiles.js';
import { failureRatio } from './parts/ratio.js';
import { stat } from './parts/stat.js';
import { table } from './parts/table.js';
import { badAbove, NEUTRAL, worseAbove } from './parts/threshold-steps.js';
import { timeSeries } from './parts/time-series.js';

const TYPES = '{domain="$domain",type=~"$type"}';
const DOMAIN = '{domain="$domain"}';
/** What `metrics:` of the monitor's configuration declares has any name: what is left when ours are taken away. */
const DECLARED =
  '{domain="$domain",job!="",__name__!~"(cim|gnatsd|jetstream)_.+|.+:.+|.+_(bucket|sum)|ALERTS.*"}';
const WORKFLOW = '{workflow=~"$workflow"}';
const rate = (metric: string, selector = TYPES): string => `rate(${metric}${selector}[$__rate_interval])`;

/** One domain: its types, their outcomes, how late its events are, and its workflows. */
export const cimDomain = () =>
  cimDashboard({
    uid: 'cim-domain',
    title: 'CIM / Domain',
    description:
      'One domain: its types, their outcomes, how late its events are, and how its workflows go on.',
    tags: ['events', 'workflows'],
    variables: [
      labelVariable({
        name: 'domain',
        label: 'Domain',
        description: 'The domain that everything here is about.',
        of: 'cim_events_total',
        single: true,
      }),
      labelVariable({
        name: 'type',
        label: 'Type',
        description: 'Types of events of the domain.',
        of: 'cim_events_total{domain="$domain"}',
      }),
      labelVariable({
        name: 'workflow',
        label: 'Workflow',
        description: 'Workflows are followed over all domains: choose those that this one takes part in.',
        of: 'cim_workflow_started_total',
      }),
    ],
    sections: [
      { title: 'Now', panels: nowPanels() },
      { title: 'Types', panels: typePanels() },
      { title: 'Outcomes and errors', panels: outcomePanels() },
      { title: 'Lag', panels: lagPanels() },
      { title: 'Metrics of its own', panels: declaredPanels() },
      { title: 'Workflows', panels: workflowPanels() },
    ],
  });

function nowPanels() {
  return [
    stat({
      title: 'Events',
      description: 'Events of the domain received each second.',
      unit: 'eps',
      span: 4,
      line: true,
      thresholds: NEUTRAL,
      queries: [over(`sum(${rate('cim_events_total')})`, 'events')],
    }),
    stat({
      title: 'Last event',
      description: 'Since the last event of the domain came.',
      unit: 's',
      span: 4,
      thresholds: worseAbove(60, 300),
      queries: [now(`time() - max(cim_event_last_seen_timestamp_seconds${TYPES})`, 'ago')],
    }),
    stat({
      title: 'Lag, p99',
      description:
        'One event of a hundred takes longer from when it was due until it is received. Of all types: lag is told by domain.',
      unit: 's',
      span: 4,
      line: true,
      thresholds: worseAbove(0.25, 1),
      queries: [over(quantile(0.99, 'cim_event_lag_seconds', DOMAIN), 'p99')],
    }),
    stat({
      title: 'Failure ratio',
      description: 'Failures among all events that tell an outcome.',
      unit: 'percentunit',
      span: 4,
      line: true,
      decimals: 2,
      thresholds: worseAbove(0.01, 0.05),
      noValue: 'no outcomes',
      queries: [over(failureRatio(TYPES), 'failure ratio')],
    }),
    stat({
      title: 'Unreadable events',
      description: 'Events each second that could not be read as what they claim to be.',
      unit: 'eps',
      span: 4,
      line: true,
      thresholds: badAbove(0.001),
      queries: [over(`sum(${rate('cim_event_errors_total')}) or vector(0)`, 'errors')],
    }),
    stat({
      title: 'Types',
      description: 'Types of events that were seen.',
      unit: 'none',
      span: 4,
      thresholds: NEUTRAL,
      queries: [now(`count(count by (type) (cim_events_total${TYPES}))`, 'types')],
    }),
  ];
}

function typePanels() {
  return [
    timeSeries({
      title: 'Events by type',
      description: 'The twenty busiest types.',
      unit: 'eps',
      span: 12,
      height: 10,
      stacked: true,
      queries: [over(`topk(20, sum by (type) (${rate('cim_events_total')}))`, '{{type}}')],
    }),
    table({
      title: 'Every type of the domain',
      description:
        'Each type: its rate, how many there were, what failed or could not be read, and when the last came.',
      unit: 'none',
      span: 12,
      height: 10,
      sortBy: 'Rate',
      columns: [
        { from: 'type', title: 'Type' },
        { from: 'A', title: 'Rate', unit: 'eps', bar: true },
        { from: 'B', title: 'Events', unit: 'short' },
        { from: 'C', title: 'Failed', unit: 'short', decimals: 0, thresholds: badAbove(1) },
        { from: 'D', title: 'Unreadable', unit: 'short', decimals: 0, thresholds: badAbove(1) },
        { from: 'E', title: 'Last seen', unit: 's', thresholds: worseAbove(60, 600) },
      ],
      queries: [
        rows(`sum by (type) (${rate('cim_events_total')})`, 'A'),
        rows(`sum by (type) (cim_events_total${TYPES})`, 'B'),
        rows(
          `sum by (type) (cim_event_outcomes_total{domain="$domain",type=~"$type",outcome="failure"}) or sum by (type) (cim_events_total${TYPES}) * 0`,
          'C',
        ),
        rows(
          `sum by (type) (cim_event_errors_total${TYPES}) or sum by (type) (cim_events_total${TYPES}) * 0`,
          'D',
        ),
        rows(`time() - max by (type) (cim_event_last_seen_timestamp_seconds${TYPES})`, 'E'),
      ],
    }),
  ];
}

function outcomePanels() {
  return [
    timeSeries({
      title: 'Outcomes',
      description: 'Events that tell an outcome, by what it was.',
      unit: 'eps',
      span: 8,
      stacked: true,
      colors: { success: 'green', failure: 'red' },
      noValue: 'no outcomes',
      queries: [over(`sum by (outcome) (${rate('cim_event_outcomes_total')})`, '{{outcome}}')],
    }),
    timeSeries({
      title: 'Failure ratio by type',
      description: 'Failures among all outcomes of a type: the ten worst.',
      unit: 'percentunit',
      span: 8,
      max: 1,
      thresholds: worseAbove(0.01, 0.05),
      noValue: 'no outcomes',
      queries: [over(`topk(10, ${failureRatio(TYPES, ['type'])})`, '{{type}}')],
    }),
    timeSeries({
      title: 'Unreadable events by reason',
      description: 'Events that could not be read as what they claim to be. Find who publishes them.',
      unit: 'eps',
      span: 8,
      noValue: 'none',
      queries: [over(`sum by (type, reason) (${rate('cim_event_errors_total')})`, '{{type}} {{reason}}')],
    }),
  ];
}

function lagPanels() {
  return [
    timeSeries({
      title: 'Lag',
      description:
        'From when an event was due or happened until it was received. The points are exemplars: each leads to the trace of an event.',
      unit: 's',
      span: 12,
      height: 9,
      logarithmic: true,
      colors: QUANTILE_COLORS,
      queries: quantilesWithExemplars('cim_event_lag_seconds', DOMAIN),
    }),
    heatMap({
      title: 'Lag, all of it',
      description: 'How many events of the domain had which lag.',
      unit: 's',
      span: 12,
      height: 9,
      queries: [buckets(`sum by (le) (${rate('cim_event_lag_seconds_bucket', DOMAIN)})`)],
    }),
  ];
}

function declaredPanels() {
  return [
    timeSeries({
      title: 'Declared metrics',
      description:
        'What `metrics:` of the monitor’s configuration makes of fields of events and gives the label domain, summed over its other labels: counters as they stand, of a histogram how many.',
      unit: 'short',
      span: 16,
      signed: true,
      noValue: 'none declared',
      queries: [over(`sum by (__name__) (${DECLARED})`, '{{__name__}}')],
    }),
    table({
      title: 'Declared metrics, now',
      description: 'The same, as they stand.',
      unit: 'short',
      span: 8,
      sortBy: 'Value',
      noValue: 'none declared',
      columns: [
        { from: '__name__', title: 'Metric' },
        { from: 'A', title: 'Value', unit: 'short' },
      ],
      queries: [rows(`sum by (__name__) (${DECLARED})`, 'A')],
    }),
  ];
}

function workflowPanels() {
  const sum = (metric: string): string => `sum by (workflow) (${metric}${WORKFLOW})`;
  const perSecond = (metric: string): string => `sum(rate(${metric}${WORKFLOW}[$__rate_interval]))`;
  return [
    timeSeries({
      title: 'Started and ended',
      description: 'Workflows each second. More started than ended: they pile up.',
      unit: 'ops',
      span: 8,
      colors: { started: 'blue', completed: 'green', failed: 'red' },
      queries: [
        over(perSecond('cim_workflow_started_total'), 'started', 'A'),
        over(perSecond('cim_workflow_completed_total'), 'completed', 'B'),
        over(`${perSecond('cim_workflow_failed_total')} or vector(0)`, 'failed', 'C'),
      ],
    }),
    timeSeries({
      title: 'Open and stalled',
      description:
        'Workflows that have begun and not ended, and those of them without an event for longer than they may be silent.',
      unit: 'short',
      span: 8,
      queries: [
        over(sum('cim_workflow_open'), '{{workflow}} open', 'A'),
        over(sum('cim_workflow_stalled'), '{{workflow}} stalled', 'B'),
      ],
    }),
    timeSeries({
      title: 'Age of the oldest',
      description:
        'Since the first event of the oldest open workflow. A straight line upwards is one that hangs.',
      unit: 's',
      span: 8,
      queries: [over(`max by (workflow) (cim_workflow_oldest_open_age_seconds${WORKFLOW})`, '{{workflow}}')],
    }),
    timeSeries({
      title: 'Duration of workflows',
      description: 'From the first event of a workflow to its last.',
      unit: 's',
      span: 12,
      logarithmic: true,
      colors: QUANTILE_COLORS,
      queries: quantiles('cim_workflow_duration_seconds', WORKFLOW),
    }),
    barList({
      title: 'Stalled now',
      description: 'Workflows without an event for longer than they may be silent.',
      unit: 'short',
      span: 4,
      thresholds: badAbove(1),
      queries: [now(sum('cim_workflow_stalled'), '{{workflow}}')],
    }),
    table({
      title: 'Every workflow',
      description: 'Each kind of workflow, and how it goes on.',
      unit: 'none',
      span: 8,
      sortBy: 'Open',
      columns: [
        { from: 'workflow', title: 'Workflow' },
        { from: 'A', title: 'Started', unit: 'short' },
        { from: 'B', title: 'Open', unit: 'short' },
        { from: 'C', title: 'Stalled', unit: 'short', thresholds: badAbove(1) },
        { from: 'D', title: 'Forgotten', unit: 'short', thresholds: badAbove(1) },
        { from: 'E', title: 'p99', unit: 's' },
      ],
      queries: [
        rows(sum('cim_workflow_started_total'), 'A'),
        rows(sum('cim_workflow_open'), 'B'),
        rows(sum('cim_workflow_stalled'), 'C'),
        rows(sum('cim_workflow_forgotten_total'), 'D'),
        rows(quantile(0.99, 'cim_workflow_duration_seconds', WORKFLOW, ['workflow']), 'E'),
      ],
    }),
  ];
}
