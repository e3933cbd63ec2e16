import { lagLines, lagSpread } from '../parts/lag-panels.js';
import { over } from '../parts/prometheus-query.js';
import { quantile } from '../parts/quantiles.js';
import { timeSeries } from '../parts/time-series.js';
import { CHOSEN, domainOfSeries } from './selectors.js';

/** How late events are. */
export function lagPanels() {
  return [
    lagLines(CHOSEN),
    lagSpread(
      CHOSEN,
      'How many events had which lag. Two bands are two populations: look for a domain, or a server, of its own.',
    ),
    timeSeries({
      title: 'Lag by domain, p99',
      description: 'The fifteen slowest domains.',
      unit: 's',
      span: 12,
      logarithmic: true,
      links: domainOfSeries,
      queries: [
        over(`topk(15, ${quantile(0.99, 'cim_event_lag_seconds', CHOSEN, ['domain'])})`, '{{domain}}'),
      ],
    }),
    timeSeries({
      title: 'Lag that could not be',
      description:
        'Events whose lag was negative, as the clock of their machine is ahead of ours, or above an hour; they are in no quantile. Any at all: look at the clocks.',
      unit: 'eps',
      span: 12,
      queries: [over('sum by (sign) (rate(cim_monitor_lag_discarded_total[$__rate_interval]))', '{{sign}}')],
    }),
  ];
}
