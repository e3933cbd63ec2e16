import type { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { over, overWithExemplars } from './prometheus-query.js';

const SHOWN = [
  [0.5, 'p50'],
  [0.95, 'p95'],
  [0.99, 'p99'],
  [0.999, 'p99.9'],
] as const;

/** `histogram_quantile` of a histogram, over all series that `selector` chooses, with the labels `by`. */
export function quantile(q: number, histogram: string, selector: string, by: readonly string[] = []): string {
  const labels = ['le', ...by].join(', ');
  return `histogram_quantile(${q}, sum by (${labels}) (rate(${histogram}_bucket${selector}[$__rate_interval])))`;
}

/** p50 to p99.9. */
export function quantiles(histogram: string, selector: string): readonly DataqueryBuilder[] {
  return SHOWN.map(([q, name]) => over(quantile(q, histogram, selector), name));
}

/** The same of a histogram whose buckets have exemplars: each is a point that leads to a trace. */
export function quantilesWithExemplars(histogram: string, selector: string): readonly DataqueryBuilder[] {
  return SHOWN.map(([q, name]) => {
    const asked = q === 0.99 ? overWithExemplars : over;
    return asked(quantile(q, histogram, selector), name);
  });
}

/** From harmless to what hurts. */
export const QUANTILE_COLORS = { p50: 'green', p95: 'yellow', p99: 'orange', 'p99.9': 'red' } as const;
