import { over } from '../parts/prometheus-query.js';
import { badAbove, worseAbove } from '../parts/threshold-steps.js';
import { timeSeries } from '../parts/time-series.js';

/** Whether the monitor sees them. */
export function healthPanels() {
  return [
    timeSeries({
      title: 'Connected',
      description: 'For each monitor: 1 while it is connected to NATS.',
      unit: 'none',
      span: 6,
      max: 1,
      decimals: 0,
      legend: 'list',
      queries: [over('cim_monitor_connected', '{{instance}}')],
    }),
    timeSeries({
      title: 'Blind',
      description: 'Share of the time without a connection: events published then were missed.',
      unit: 'percentunit',
      span: 6,
      max: 1,
      legend: 'list',
      thresholds: badAbove(0.01),
      queries: [
        over('rate(cim_monitor_blind_seconds_total[$__rate_interval])', 'blind {{instance}}'),
        over('increase(cim_monitor_reconnects_total[$__rate_interval])', 'reconnects {{instance}}'),
      ],
    }),
    timeSeries({
      title: 'Series',
      description:
        'Pairs of domain and type that are told apart, and how many may be. At the limit new ones are counted as "other": raise it, or find who puts ids into subjects.',
      unit: 'short',
      span: 6,
      legend: 'list',
      limits: ['limit'],
      queries: [
        over('max(cim_monitor_series)', 'series'),
        over('max(cim_monitor_series_limit)', 'limit'),
        over('sum(rate(cim_monitor_series_dropped_total[$__rate_interval]))', 'as "other", events/s'),
      ],
    }),
    timeSeries({
      title: 'Making of the page',
      description:
        'How long the last page of metrics took to make. Above a second Prometheus begins to miss scrapes.',
      unit: 's',
      span: 6,
      legend: 'list',
      thresholds: worseAbove(0.25, 1),
      queries: [over('cim_monitor_scrape_seconds', '{{instance}}')],
    }),
  ];
}
