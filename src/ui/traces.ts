import { formatDuration, formatInteger, formatStopwatch } from '../base/units.js';
import type { SlowTraceSummary, Summary } from '../contracts/summary.js';
import { dataTable } from './data-table.js';
import { element, section } from './dom.js';
import { NOTHING } from './figures.js';

/** The slowest traces: what to look for in Jaeger, or in traces.ndjson. */
export function tracesSection({ traces }: Summary): HTMLElement | undefined {
  if (traces === null) return undefined;
  const { spans, runTraceId, slowest } = traces;
  return section(
    'traces',
    'Traces',
    element(
      'p',
      {},
      `${formatInteger(spans)} spans. The run itself is the trace `,
      element('code', {}, runTraceId),
      '.',
    ),
    slowest.length > 0 &&
      dataTable<SlowTraceSummary>({
        caption: 'The slowest traces',
        rows: slowest,
        columns: [
          {
            heading: 'What',
            cell: ({ what, subject }) =>
              element('span', {}, what, subject !== undefined && element('small', {}, subject)),
          },
          { heading: 'Load', cell: ({ load }) => load ?? NOTHING },
          { heading: 'Took', cell: ({ durationNs }) => formatDuration(durationNs) },
          { heading: 'From', cell: ({ atNs }) => (atNs === null ? NOTHING : formatStopwatch(atNs / 1e9)) },
          { heading: 'During', cell: ({ faults }) => faults.join(', ') || NOTHING },
          {
            heading: 'Trace',
            cell: ({ traceId, error }) =>
              element(
                'span',
                {},
                element('code', {}, traceId),
                error !== undefined && element('small', {}, error),
              ),
          },
        ],
      }),
  );
}
