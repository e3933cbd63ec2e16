import { over } from '../parts/prometheus-query.js';
import { table } from '../parts/table.js';
import { badAbove, worseAbove } from '../parts/threshold-steps.js';
import { timeSeries } from '../parts/time-series.js';
import { rate, TYPES } from './selectors.js';

/** Which events it has. */
export function typePanels() {
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
        { label: 'type', title: 'Type' },
        { title: 'Rate', unit: 'eps', bar: true, expr: `sum by (type) (${rate('cim_events_total')})` },
        { title: 'Events', unit: 'short', expr: `sum by (type) (cim_events_total${TYPES})` },
        {
          title: 'Failed',
          unit: 'short',
          decimals: 0,
          thresholds: badAbove(1),
          expr: `sum by (type) (cim_event_outcomes_total{domain="$domain",type=~"$type",outcome="failure"}) or sum by (type) (cim_events_total${TYPES}) * 0`,
        },
        {
          title: 'Unreadable',
          unit: 'short',
          decimals: 0,
          thresholds: badAbove(1),
          expr: `sum by (type) (cim_event_errors_total${TYPES}) or sum by (type) (cim_events_total${TYPES}) * 0`,
        },
        {
          title: 'Last seen',
          unit: 's',
          thresholds: worseAbove(60, 600),
          expr: `time() - max by (type) (cim_event_last_seen_timestamp_seconds${TYPES})`,
        },
      ],
    }),
  ];
}
