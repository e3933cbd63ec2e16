import {
  DataqueryBuilder,
  PromQueryFormat,
  QueryEditorMode,
} from '@grafana/grafana-foundation-sdk/prometheus';
import { PROMETHEUS } from './data-sources.js';

/** Over the time shown: one line for each series. */
export function over(expr: string, legend: string, refId = 'A'): DataqueryBuilder {
  return query(expr, refId).range().legendFormat(legend);
}

/** The same, with the exemplars of its histogram: points that lead to a trace. */
export function overWithExemplars(expr: string, legend: string, refId = 'A'): DataqueryBuilder {
  return over(expr, legend, refId).exemplar(true);
}

/** The last value only. */
export function now(expr: string, legend: string, refId = 'A'): DataqueryBuilder {
  return query(expr, refId).instant().legendFormat(legend);
}

/** The last values as rows of a table: a column for each label. */
export function rows(expr: string, refId: string): DataqueryBuilder {
  return query(expr, refId).instant().format(PromQueryFormat.Table).legendFormat('');
}

/** Buckets, of which a heatmap makes its rows. */
export function buckets(expr: string): DataqueryBuilder {
  return query(expr, 'A').range().format(PromQueryFormat.Heatmap).legendFormat('{{le}}');
}

/** The same, with the exemplars that the buckets have. */
export function bucketsWithExemplars(expr: string): DataqueryBuilder {
  return buckets(expr).exemplar(true);
}

function query(expr: string, refId: string): DataqueryBuilder {
  return new DataqueryBuilder()
    .datasource(PROMETHEUS)
    .editorMode(QueryEditorMode.Code)
    .expr(expr)
    .refId(refId);
}
