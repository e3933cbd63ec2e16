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

/** p50 to p99.9, and the exemplars of the slow ones. */
export function quantiles(histogram: string, selector: string): readonly DataqueryBuilder[] {
  return SHOWN.map(([q, name], index) => {
    const expr = quantile(q, histogram, selector);
    const refId = String.fromCharCode('A'.charCodeAt(0) + index);
    return q === 0.99 ? overWithExemplars(expr, name, refId) : over(expr, name, refId);
  });
}

/** From harmless to what hurts. */
export const QUANTILE_COLORS = { p50: 'green', p95: 'yellow', p99: 'orange', 'p99.9': 'red' } as const;
