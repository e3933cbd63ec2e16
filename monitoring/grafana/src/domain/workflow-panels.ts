import { barList } from '../parts/bar-list.js';
import { now, over } from '../parts/prometheus-query.js';
import { QUANTILE_COLORS, quantile, quantiles } from '../parts/quantiles.js';
import { table } from '../parts/table.js';
import { badAbove } from '../parts/threshold-steps.js';
import { timeSeries } from '../parts/time-series.js';

const WORKFLOW = '{workflow=~"$workflow"}';

/** How the workflows go on that it takes part in. */
export function workflowPanels() {
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
        over(perSecond('cim_workflow_started_total'), 'started'),
        over(perSecond('cim_workflow_completed_total'), 'completed'),
        over(`${perSecond('cim_workflow_failed_total')} or vector(0)`, 'failed'),
      ],
    }),
    timeSeries({
      title: 'Open and stalled',
      description:
        'Workflows that have begun and not ended, and those of them without an event for longer than they may be silent.',
      unit: 'short',
      span: 8,
      queries: [
        over(sum('cim_workflow_open'), '{{workflow}} open'),
        over(sum('cim_workflow_stalled'), '{{workflow}} stalled'),
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
        { label: 'workflow', title: 'Workflow' },
        { title: 'Started', unit: 'short', expr: sum('cim_workflow_started_total') },
        { title: 'Open', unit: 'short', expr: sum('cim_workflow_open') },
        { title: 'Stalled', unit: 'short', thresholds: badAbove(1), expr: sum('cim_workflow_stalled') },
        {
          title: 'Forgotten',
          unit: 'short',
          thresholds: badAbove(1),
          expr: sum('cim_workflow_forgotten_total'),
        },
        {
          title: 'p99',
          unit: 's',
          expr: quantile(0.99, 'cim_workflow_duration_seconds', WORKFLOW, ['workflow']),
        },
      ],
    }),
  ];
}
