import { LOAD_COUNTERS, LOAD_MEASURES, type LoadMeasure } from '../contracts/load.js';
import type { LatencySummary, LoadSummary, PhaseSummary, Summary } from '../contracts/summary.js';
import { crowdFigures } from './crowd-figures.js';
import { dataTable } from './data-table.js';
import { element, section } from './dom.js';
import { countText, latencyText, leadingMeasure, MEASURE_NAMES, PHASE_NAMES, rateText } from './figures.js';
import { seriesSwatch } from './legend.js';
import { stageFigures } from './stage-figures.js';

interface FigureRow {
  readonly load: LoadSummary;
  readonly index: number;
  readonly phase: PhaseSummary;
}

/** The figures of each load that people look for first: rate against what was due, latency, what went wrong. */
export function loadFigures({ loads }: Summary): HTMLElement | undefined {
  if (loads.length === 0) return undefined;
  const rows = loads.flatMap((load, index) =>
    [load.total, ...load.phases.filter(didAnything)].map((phase) => ({
      load,
      index,
      phase,
    })),
  );
  const latency = ({ phase }: FigureRow) => phase.latency[leadingMeasure(phase) ?? 'lag'];
  const counter = (name: (typeof LOAD_COUNTERS)[number]) => ({
    heading: `${name.charAt(0).toUpperCase()}${name.slice(1)}`,
    numeric: true,
    cell: ({ phase }: FigureRow) => countText(phase.counters[name]),
    tone: ({ phase }: FigureRow) => (phase.counters[name] > 0 ? 'bad' : 'quiet'),
  });
  const table = dataTable<FigureRow>({
    caption: 'Rates, latency and troubled operations of each load, by phase',
    rows,
    rowClass: ({ phase }) => (phase.phase === 'total' ? 'total' : 'part'),
    columns: [
      { heading: 'Load', cell: rowHead },
      {
        heading: 'Due',
        title: 'What the schedule asked for',
        numeric: true,
        cell: ({ phase: { counters, rates } }) => rateText(counters.due === 0 ? null : rates.duePerSec),
      },
      {
        heading: 'Done',
        title:
          'Acknowledged; written and drained where nothing acknowledges; received by one that only listens',
        numeric: true,
        cell: ({ phase: { counters, rates } }) =>
          rateText(counters.due === 0 && counters.sent === 0 ? rates.receivedPerSec : rates.okPerSec),
      },
      { heading: 'p50', numeric: true, cell: (r) => latencyText(latency(r)?.percentiles.p50) },
      { heading: 'p99', numeric: true, cell: (r) => latencyText(latency(r)?.percentiles.p99) },
      { heading: 'p99.9', numeric: true, cell: (r) => latencyText(latency(r)?.percentiles['p99.9']) },
      { heading: 'Max', numeric: true, cell: (r) => latencyText(latency(r)?.max) },
      ...(['failed', 'unknown', 'unsent', 'dropped'] as const).map(counter),
      ...(loads.some(({ total }) => total.counters.lost > 0) ? [counter('lost')] : []),
    ],
  });
  return section(
    'loads',
    'Load',
    table,
    element(
      'p',
      { class: 'note' },
      'Latency runs from when an operation was due, not from when it was sent. ≥ marks figures that operations without an answer are part of; – marks a percentile with fewer than ten operations beyond it.',
    ),
    ...crowdFigures(loads),
    ...stageFigures(loads),
    ...batches(loads),
    splitLatency(loads),
    allCounters(rows),
  );
}

/** Loads whose operations are events, several in a message. */
function batches(loads: readonly LoadSummary[]): HTMLElement[] {
  return loads
    .filter(({ total }) => total.counters.messages > 0)
    .map(({ name, total: { counters, rates } }) => {
      const each = (counters.ok / counters.messages).toFixed(1).replace(/\.0$/, '');
      const text = `${name}: ${rateText(rates.okPerSec)} events in ${rateText(rates.messagesPerSec)} messages, ${each} in each.`;
      return element('p', { class: 'note' }, text);
    });
}

const didAnything = ({ counters: { due, sent, received } }: PhaseSummary): boolean =>
  due > 0 || sent > 0 || received > 0;

function rowHead({ load, index, phase }: FigureRow): HTMLElement {
  if (phase.phase !== 'total') return element('span', { class: 'phase' }, PHASE_NAMES[phase.phase]);
  const measure = leadingMeasure(phase);
  const what = measure ? `${load.kind}, ${MEASURE_NAMES[measure].toLowerCase()}` : load.kind;
  return element('span', {}, seriesSwatch(index), load.name, element('small', {}, what));
}

interface SplitRow {
  readonly load: LoadSummary;
  readonly measure: LoadMeasure;
  readonly latency: LatencySummary;
}

/** Where the time goes: what was waited for before the send, what came after it, and what of it was our own doing. */
function splitLatency(loads: readonly LoadSummary[]): HTMLElement | undefined {
  const rows = loads.flatMap((load) =>
    LOAD_MEASURES.flatMap((measure): SplitRow[] => {
      const latency = load.total.latency[measure];
      return latency ? [{ load, measure, latency }] : [];
    }),
  );
  if (rows.length === 0) return undefined;
  const isFirst = ({ load, measure }: SplitRow) => rows.find((row) => row.load === load)?.measure === measure;
  return element(
    'details',
    {},
    element('summary', {}, 'Every latency, split'),
    dataTable<SplitRow>({
      caption: 'Each measure of latency of each load, over the whole run',
      rows,
      rowClass: (row) => (isFirst(row) ? 'total' : 'part'),
      columns: [
        { heading: 'Load', cell: (row) => (isFirst(row) ? row.load.name : '') },
        { heading: 'From, to', cell: ({ measure }) => MEASURE_NAMES[measure] },
        ...(['p50', 'p90', 'p99', 'p99.9'] as const).map((percentile) => ({
          heading: percentile,
          numeric: true,
          cell: ({ latency }: SplitRow) => latencyText(latency.percentiles[percentile]),
        })),
        { heading: 'Max', numeric: true, cell: ({ latency }) => latencyText(latency.max) },
        { heading: 'Operations', numeric: true, cell: ({ latency }) => countText(latency.count) },
        { heading: 'Unanswered', numeric: true, cell: ({ latency }) => countText(latency.unanswered) },
      ],
    }),
  );
}

function allCounters(rows: readonly FigureRow[]): HTMLElement {
  return element(
    'details',
    {},
    element('summary', {}, 'Every counter'),
    dataTable<FigureRow>({
      caption: 'Every counter of each load, by phase',
      rows,
      rowClass: ({ phase }) => (phase.phase === 'total' ? 'total' : 'part'),
      columns: [
        {
          heading: 'Load',
          cell: ({ load, phase }) =>
            phase.phase === 'total'
              ? load.name
              : element('span', { class: 'phase' }, PHASE_NAMES[phase.phase]),
        },
        ...LOAD_COUNTERS.map((name) => ({
          heading: name,
          numeric: true,
          cell: ({ phase }: FigureRow) => countText(phase.counters[name]),
          tone: ({ phase }: FigureRow) => (phase.counters[name] > 0 ? undefined : 'quiet'),
        })),
      ],
    }),
  );
}
