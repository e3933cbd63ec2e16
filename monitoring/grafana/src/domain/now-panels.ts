import { eventsNow, lagNow, unreadableNow } from '../parts/event-panels.js';
import { now, over } from '../parts/prometheus-query.js';
import { failureRatio } from '../parts/ratio.js';
import { stat } from '../parts/stat.js';
import { NEUTRAL, worseAbove } from '../parts/threshold-steps.js';
import { DOMAIN, TYPES } from './selectors.js';

/** How the domain stands. */
export function nowPanels() {
  return [
    eventsNow(TYPES, 'Events of the domain received each second.'),
    stat({
      title: 'Last event',
      description: 'Since the last event of the domain came.',
      unit: 's',
      span: 4,
      thresholds: worseAbove(60, 300),
      queries: [now(`time() - max(cim_event_last_seen_timestamp_seconds${TYPES})`, 'ago')],
    }),
    lagNow(
      DOMAIN,
      'One event of a hundred takes longer from when it was due until it is received. Of all types: lag is told by domain.',
    ),
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
    unreadableNow(TYPES, 'Events each second that could not be read as what they claim to be.'),
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
