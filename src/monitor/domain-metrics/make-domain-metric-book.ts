import type { MakeBook } from '../books.js';
import { DomainMetricBook } from './domain-metric-book.js';
import type { DeclaredMetric } from './metrics-schema.js';

/** Makes the metrics of the section `metrics`; nothing where there is none. */
export const makeDomainMetricBook: MakeBook = (scene) => {
  const declared = scene.section('metrics') as readonly DeclaredMetric[] | undefined;
  return declared && declared.length > 0 ? new DomainMetricBook(declared, scene) : undefined;
};
