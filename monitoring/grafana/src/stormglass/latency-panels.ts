import { over } from '../parts/prometheus-query.js';
import { timeSeries } from '../parts/time-series.js';
import { LOAD } from './selectors.js';

/** How long they take. */
export function latencyPanels() {
  return [
    timeSeries({
      title: 'Latency',
      description: 'Of the last second, from when an operation was due, by load, measure and quantile.',
      unit: 's',
      span: 12,
      height: 9,
      logarithmic: true,
      queries: [
        over(
          `max by (load, measure, quantile) (cim_stormglass_latency_seconds${LOAD})`,
          '{{load}} {{measure}} {{quantile}}',
        ),
      ],
    }),
    timeSeries({
      title: 'Latency, worst quantile',
      description: 'The highest quantile that is told, by load and measure.',
      unit: 's',
      span: 12,
      height: 9,
      logarithmic: true,
      queries: [
        over(`max by (load, measure) (cim_stormglass_latency_seconds${LOAD})`, '{{load}} {{measure}}'),
      ],
    }),
  ];
}
