import type { MetricDescription, MetricFamily, MetricSample } from '../contracts/metric.js';
import { EVENT_METRICS } from './catalog/event-metrics.js';
import { GPU_METRICS } from './catalog/gpu-metrics.js';
import { RUN_METRICS } from './catalog/run-metrics.js';
import { SERVER_METRICS } from './catalog/server-metrics.js';

/** Every metric of a name of ours that can be served; domain metrics are what a configuration makes them. */
export const CATALOG = [...EVENT_METRICS, ...SERVER_METRICS, ...RUN_METRICS, ...GPU_METRICS] as const;

export type CatalogName = (typeof CATALOG)[number]['name'];

const BY_NAME = new Map<string, MetricDescription>(CATALOG.map((metric) => [metric.name, metric]));

/** A family as the catalog describes it, with its samples. */
export function family(name: CatalogName, samples: Iterable<MetricSample>): MetricFamily {
  return { ...(BY_NAME.get(name) as MetricDescription), samples };
}
