import { outcomesOverTime } from '../parts/event-panels.js';
import { over } from '../parts/prometheus-query.js';
import { worseAbove } from '../parts/threshold-steps.js';
import { timeSeries } from '../parts/time-series.js';
import { CHOSEN, domainOfSeries, rate } from './selectors.js';

/** What went wrong, and what is missing. */
export function outcomePanels() {
  return [
    outcomesOverTime(CHOSEN),
    timeSeries({
      title: 'Failure ratio by domain',
      description: 'Failures among what succeeded or failed, over five minutes: the ten worst.',
      unit: 'percentunit',
      span: 8,
      max: 1,
      thresholds: worseAbove(0.01, 0.05),
      links: domainOfSeries,
      queries: [over(`topk(10, domain:cim_event_failures:ratio_rate5m${CHOSEN})`, '{{domain}}')],
    }),
    timeSeries({
      title: 'Unreadable events by reason',
      description:
        'Events that could not be read as what they claim to be, by reason and domain. Find who publishes them: the first of each is in the journal.',
      unit: 'eps',
      span: 8,
      links: domainOfSeries,
      noValue: 'none',
      queries: [over(`sum by (domain, reason) (${rate('cim_event_errors_total')})`, '{{domain}} {{reason}}')],
    }),
    timeSeries({
      title: 'Stamped events: received',
      description: 'Events with a stamp, by the load that wrote them; duplicates are not counted.',
      unit: 'eps',
      span: 8,
      queries: [over('sum by (load) (rate(cim_events_received_total[$__rate_interval]))', '{{load}}')],
    }),
    timeSeries({
      title: 'Stamped events: lost',
      description:
        'Events that the sequence of their writer shows to be missing, since the start of what is shown.',
      unit: 'short',
      span: 8,
      decimals: 0,
      queries: [over('sum by (load) (increase(cim_events_lost_total[$__range]))', '{{load}}')],
    }),
    timeSeries({
      title: 'Stamped events: again',
      description: 'Events that came more than once, since the start of what is shown.',
      unit: 'short',
      span: 8,
      decimals: 0,
      queries: [over('sum by (load) (increase(cim_events_duplicated_total[$__range]))', '{{load}}')],
    }),
  ];
}
