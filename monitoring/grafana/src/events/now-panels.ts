import { eventsNow, lagNow, unreadableNow } from '../parts/event-panels.js';
import { now, over } from '../parts/prometheus-query.js';
import { stat } from '../parts/stat.js';
import { betterAbove, NEUTRAL, worseAbove } from '../parts/threshold-steps.js';
import { valueNames } from '../parts/value-names.js';
import { CHOSEN } from './selectors.js';

/** How it stands. */
export function nowPanels() {
  return [
    eventsNow(
      CHOSEN,
      'Events received each second. None at all means that nobody publishes, or that the monitor is blind.',
    ),
    lagNow(CHOSEN, 'One event of a hundred takes longer from when it was due until it is received.'),
    stat({
      title: 'Failure ratio',
      description: 'Failures among all events of the last five minutes that succeeded or failed.',
      unit: 'percentunit',
      span: 4,
      line: true,
      decimals: 2,
      thresholds: worseAbove(0.01, 0.05),
      queries: [
        over(
          `sum(domain:cim_event_failures:rate5m${CHOSEN}) / (sum(domain:cim_event_outcomes:rate5m${CHOSEN}) > 0)`,
          'failure ratio',
        ),
      ],
    }),
    unreadableNow(
      CHOSEN,
      'Events each second that could not be read as what they claim to be. Below: by reason.',
    ),
    stat({
      title: 'Domains and types',
      description: 'How many domains, and how many pairs of domain and type, the monitor has seen.',
      unit: 'none',
      span: 4,
      thresholds: NEUTRAL,
      queries: [
        now(`count(count by (domain) (cim_events_total${CHOSEN}))`, 'domains'),
        now(`count(count by (domain, type) (cim_events_total${CHOSEN}))`, 'types'),
      ],
    }),
    stat({
      title: 'Monitor',
      description:
        'Blind while any monitor has no connection to NATS: what is published meanwhile is not in these figures.',
      unit: 'none',
      span: 4,
      loud: true,
      thresholds: betterAbove(1, 1),
      mappings: valueNames([0, 'blind', 'red'], [1, 'sees', 'green']),
      queries: [now('min(cim_monitor_connected)', 'monitor')],
    }),
  ];
}
