import { outcomesOverTime } from '../parts/event-panels.js';
import { over } from '../parts/prometheus-query.js';
import { failureRatio } from '../parts/ratio.js';
import { worseAbove } from '../parts/threshold-steps.js';
import { timeSeries } from '../parts/time-series.js';
import { rate, TYPES } from './selectors.js';

/** What went wrong. */
export function outcomePanels() {
  return [
    outcomesOverTime(TYPES, 'no outcomes'),
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
