import { over } from '../parts/prometheus-query.js';
import { timeSeries } from '../parts/time-series.js';

/** What of its events arrives. */
export function deliveryPanels() {
  return [
    timeSeries({
      title: 'Received by the monitor',
      description: 'Events of the loads that the monitor received, without duplicates.',
      unit: 'eps',
      span: 12,
      queries: [
        over('sum by (load) (rate(cim_events_received_total{load=~"$load"}[$__rate_interval]))', '{{load}}'),
      ],
    }),
    timeSeries({
      title: 'Lost and duplicated',
      description:
        'Events of the loads that the monitor misses, and those that came again, since the start of what is shown.',
      unit: 'short',
      span: 12,
      decimals: 0,
      queries: [
        over('sum by (load) (increase(cim_events_lost_total{load=~"$load"}[$__range]))', '{{load}} lost'),
        over(
          'sum by (load) (increase(cim_events_duplicated_total{load=~"$load"}[$__range]))',
          '{{load}} again',
        ),
      ],
    }),
  ];
}
