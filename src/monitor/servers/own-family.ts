import type { MetricFamily, MetricSample } from '../../contracts/metric.js';
import { SERVER_METRICS, type ServerMetricName } from '../catalog/server-metrics.js';

const BY_NAME = new Map(SERVER_METRICS.map((description) => [description.name, description]));

/** A metric of the catalog with its figures. */
export function ownFamily(name: ServerMetricName, samples: Iterable<MetricSample>): MetricFamily {
  const description = BY_NAME.get(name);
  if (description === undefined) throw new Error(`no metric of the catalog: ${name}`);
  return { ...description, samples };
}
