import { NS } from '../base/nanoseconds.js';
import type { Labels, SampledSeries } from './prometheus-api.js';

/** One evaluation that said of an alert that it waits, or fires. */
export interface AlertSample {
  /** Monotonic. */
  readonly atNs: number;
  /** Since when its condition has held without a break, by Prometheus, in whole Unix seconds; absent where it does not say. */
  readonly activation?: number;
}

export interface AlertSeries {
  readonly alert: string;
  readonly state: 'pending' | 'firing';
  /** Without the name and the state. */
  readonly labels: Labels;
  readonly samples: readonly AlertSample[];
}

/** What alerts said, and since when, within the last so many milliseconds. */
export const alertSelector = (ms: number): string => `{__name__=~"ALERTS|ALERTS_FOR_STATE"}[${ms}ms]`;

/**
 * The series `ALERTS` with what `ALERTS_FOR_STATE` says beside each of their samples; those that wait before those that
 * fire, as they came to be.
 *
 * @param offsetNs from Prometheus' clock to ours
 */
export function alertSeries(series: readonly SampledSeries[], offsetNs: number): AlertSeries[] {
  const activations = new Map<string, number>();
  for (const { metric, values } of series) {
    if (metric.__name__ !== 'ALERTS_FOR_STATE') continue;
    for (const [seconds, value] of values) activations.set(keyOf(metric, seconds), Number(value));
  }
  const alerts = series.flatMap(({ metric, values }): AlertSeries[] => {
    if (metric.__name__ !== 'ALERTS') return [];
    const { __name__: _, alertname: alert = '', alertstate, ...labels } = metric;
    const state = alertstate === 'firing' ? 'firing' : 'pending';
    const samples = values.map(([seconds]): AlertSample => {
      const activation = activations.get(keyOf(metric, seconds));
      const atNs = Math.round(seconds * 1000) * NS.ms + offsetNs;
      return { atNs, ...(activation !== undefined && { activation }) };
    });
    return [{ alert, state, labels, samples }];
  });
  return alerts.sort((a, b) => Number(a.state === 'firing') - Number(b.state === 'firing'));
}

const keyOf = ({ __name__: _, alertstate: __, ...labels }: Labels, seconds: number): string =>
  JSON.stringify([seconds, Object.entries(labels).sort()]);
