import { heatMap } from './heat-map.js';
import { buckets } from './prometheus-query.js';
import { QUANTILE_COLORS, quantilesWithExemplars } from './quantiles.js';
import { timeSeries } from './time-series.js';

/** How late the events are that `selector` chooses: p50 to p99.9, with points that lead to single ones. */
export const lagLines = (selector: string) =>
  timeSeries({
    title: 'Lag',
    description:
      'From when an event was due or happened until it was received. The points are exemplars: each leads to the trace of an event.',
    unit: 's',
    span: 12,
    height: 9,
    logarithmic: true,
    colors: QUANTILE_COLORS,
    queries: quantilesWithExemplars('cim_event_lag_seconds', selector),
  });

/** The same, every one of them. */
export const lagSpread = (selector: string, description: string) =>
  heatMap({
    title: 'Lag, all of it',
    description,
    unit: 's',
    span: 12,
    height: 9,
    queries: [buckets(`sum by (le) (rate(cim_event_lag_seconds_bucket${selector}[$__rate_interval]))`)],
  });
