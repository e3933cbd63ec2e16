import { formatDuration, formatInteger, formatStopwatch } from '../base/units.js';
import type { SlowTraceSummary, Summary, TracesSummary } from '../contracts/summary.js';
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
    element('p', { class: 'note' }, samplingNote(traces)),
    slowest.length > 0 &&
      dataTable<SlowTraceSummary>({
        caption: 'The slowest of the traces that were recorded',
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

/** What the slowest are the slowest of. */
function samplingNote({ traces, sampleEvery, heldBack, skipped }: TracesSummary): string {
  const events = sampleEvery === 1 ? 'Every event' : `One in ${formatInteger(sampleEvery)} events`;
  const parts = [`${events} that may begin a trace was sampled: ${formatInteger(traces)} traces.`];
  if (heldBack > 0)
    parts.push(`${formatInteger(heldBack)} more were not recorded, to keep within traces.max-spans.`);
  if (skipped > 0) parts.push(`${formatInteger(skipped)} spans of those that were recorded are missing.`);
  const isAll = sampleEvery === 1 && heldBack + skipped === 0;
  if (!isAll) parts.push('What was not recorded may have been slower.');
  return parts.join(' ');
}
