import {
  DataqueryBuilder,
  PromQueryFormat,
  QueryEditorMode,
} from '@grafana/grafana-foundation-sdk/prometheus';
import { PROMETHEUS } from './data-sources.js';

/** Over the time shown: one line for each series. */
export function over(expr: string, legend: string): DataqueryBuilder {
  return query(expr).range().legendFormat(legend);
}

/** The same, with the exemplars of its histogram: points that lead to a trace. */
export function overWithExemplars(expr: string, legend: string): DataqueryBuilder {
  return over(expr, legend).exemplar(true);
}

/** The last value only. */
export function now(expr: string, legend: string): DataqueryBuilder {
  return query(expr).instant().legendFormat(legend);
}

/** The last values as rows of a table: a column for each label. */
export function rows(expr: string): DataqueryBuilder {
  return query(expr).instant().format(PromQueryFormat.Table).legendFormat('');
}

/** Buckets, of which a heatmap makes its rows. */
export function buckets(expr: string): DataqueryBuilder {
  return query(expr).range().format(PromQueryFormat.Heatmap).legendFormat('{{le}}');
}

/** The same, with the exemplars that the buckets have. */
export function bucketsWithExemplars(expr: string): DataqueryBuilder {
  return buckets(expr).exemplar(true);
}

/** The letter is there for its place: the panel gives each query its own. */
function query(expr: string): DataqueryBuilder {
  return new DataqueryBuilder().datasource(PROMETHEUS).editorMode(QueryEditorMode.Code).expr(expr).refId('A');
}
