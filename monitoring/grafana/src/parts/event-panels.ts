import { over } from './prometheus-query.js';
import { quantile } from './quantiles.js';
import { stat } from './stat.js';
import { badAbove, NEUTRAL, worseAbove } from './threshold-steps.js';
import { timeSeries } from './time-series.js';

/** How fast a counter grows, in those of its series that `selector` chooses. */
export const rateOf = (metric: string, selector: string): string =>
  `rate(${metric}${selector}[$__rate_interval])`;

/** The events that `selector` chooses, each second. */
export const eventsNow = (selector: string, description: string) =>
  stat({
    title: 'Events',
    description,
    unit: 'eps',
    span: 4,
    line: true,
    thresholds: NEUTRAL,
    queries: [over(`sum(${rateOf('cim_events_total', selector)})`, 'events')],
  });

/** How late the slowest of a hundred is; lag has no types. */
export const lagNow = (selector: string, description: string) =>
  stat({
    title: 'Lag, p99',
    description,
    unit: 's',
    span: 4,
    line: true,
    thresholds: worseAbove(0.25, 1),
    queries: [over(quantile(0.99, 'cim_event_lag_seconds', selector), 'p99')],
  });

export const unreadableNow = (selector: string, description: string) =>
  stat({
    title: 'Unreadable events',
    description,
    unit: 'eps',
    span: 4,
    line: true,
    thresholds: badAbove(0.001),
    queries: [over(`sum(${rateOf('cim_event_errors_total', selector)}) or vector(0)`, 'errors')],
  });

/** @param noValue where it may well be that no event tells one */
export const outcomesOverTime = (selector: string, noValue?: string) =>
  timeSeries({
    title: 'Outcomes',
    description: 'Events that tell an outcome, by what it was.',
    unit: 'eps',
    span: 8,
    stacked: true,
    colors: { success: 'green', failure: 'red' },
    ...(noValue !== undefined && { noValue }),
    queries: [over(`sum by (outcome) (${rateOf('cim_event_outcomes_total', selector)})`, '{{outcome}}')],
  });
