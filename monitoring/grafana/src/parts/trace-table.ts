import { TableCellHeight } from '@grafana/grafana-foundation-sdk/common';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/table';
import { JAEGER } from './data-sources.js';
import { type JaegerSearch, jaegerSearch } from './jaeger-query.js';
import { withFace } from './panel-face.js';

/** Traces that a search of Jaeger found, the slowest first; each leads to itself. */
export function traceTable(face: {
  readonly title: string;
  readonly description: string;
  readonly search: JaegerSearch;
  readonly span: number;
}): PanelBuilder {
  return withFace(new PanelBuilder(), {
    title: face.title,
    description: face.description,
    unit: 'none',
    span: face.span,
    height: 10,
    dataSource: JAEGER,
    queries: [jaegerSearch(face.search)],
  })
    .cellHeight(TableCellHeight.Sm)
    .sortBy([{ build: () => ({ displayName: 'Duration', desc: true }) }])
    .overrideByName('Trace ID', [
      {
        id: 'links',
        value: [
          { title: 'Show it below', url: `/d/cim-traces?$\{__url_time_range}&var-trace=$\{__value.raw}` },
        ],
      },
    ]);
}
