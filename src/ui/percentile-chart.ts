import { formatDuration } from '../base/units.js';
import type { LoadMeasure } from '../contracts/load.js';
import type { PercentileCurve, ReportPage } from '../contracts/report-page.js';
import type { LatencySummary, Summary } from '../contracts/summary.js';
import { type ChartLine, chart } from './chart.js';
import { dataTable } from './data-table.js';
import { element, section } from './dom.js';
import { countText, latencyText, MEASURE_NAMES, PHASE_NAMES } from './figures.js';
import { decadeTicks } from './ticks.js';

const MEASURES: readonly LoadMeasure[] = ['ack_latency', 'service_time', 'lag', 'schedule_delay'];
const STYLES = { total: 'solid', steady: 'thin', faults: 'dashed', 'warm-up': 'dashed' } as const;

/** Latency by percentile, a chart for each measure, and the same figures as a table. */
export function latencyByPercentile(page: ReportPage): HTMLElement | undefined {
  const { summary } = page;
  const curves = page.curves.filter(({ measure }) => MEASURES.includes(measure));
  if (curves.length === 0) return undefined;
  const panels = MEASURES.filter((measure) => curves.some((curve) => curve.measure === measure)).map(
    (measure) => ({
      measure,
      panel: element(
        'div',
        { class: 'panel' },
        percentileChart(
          measure,
          curves.filter((curve) => curve.measure === measure),
          summary,
        ),
        figuresTable(measure, summary),
      ),
    }),
  );
  return section(
    'latency',
    'Latency by percentile',
    tabs(panels.map(({ measure, panel }) => ({ label: MEASURE_NAMES[measure], panel }))),
    element(
      'p',
      { class: 'note' },
      'Triangles mark lower bounds: operations without an answer decide there. A faint line has fewer than ten operations beyond it.',
    ),
  );
}

function percentileChart(
  measure: LoadMeasure,
  curves: readonly PercentileCurve[],
  { loads }: Summary,
): HTMLElement {
  const lines = curves.map((curve): ChartLine => {
    return {
      label: curve.phase === 'total' ? `${curve.load}, whole run` : PHASE_NAMES[curve.phase],
      color: loads.findIndex(({ name }) => name === curve.load),
      style: STYLES[curve.phase],
      x: curve.odds,
      y: curve.ns.map((ns) => Math.max(ns, 1)),
      ...(curve.atLeastFrom !== undefined && { atLeastFrom: curve.atLeastFrom }),
      ...(curve.sparseFrom !== undefined && { faintFrom: curve.sparseFrom }),
    };
  });
  const words = curves
    .filter(({ phase }) => phase === 'total')
    .map(
      ({ load, ns }) => ` ${load}: from ${formatDuration(ns[0] ?? 0)} to ${formatDuration(ns.at(-1) ?? 0)}.`,
    );
  return chart({
    title: `${MEASURE_NAMES[measure]}, by percentile`,
    alternative: `Latency by percentile, both axes logarithmic; the table below has the figures.${words.join('')}`,
    lines,
    x: { scale: 'log', format: percentileText, ticks: [1, 2, 10, ...decadeTicks.slice(2)] },
    y: { scale: 'log', format: formatDuration, ticks: decadeTicks },
    heightPx: 340,
    paddingPx: [10, 34],
  });
}

/** 1 / (1 − p) as a percentage: 1 → 0 %, 10 → 90 %, 1000 → 99.9 %. */
function percentileText(odds: number): string {
  const nines = Math.round(Math.log10(odds));
  if (nines < 2) return `${100 - 100 / odds}%`;
  return nines === 2 ? '99%' : `99.${'9'.repeat(nines - 2)}%`;
}

interface FiguresRow {
  readonly load: string;
  readonly phase: keyof typeof PHASE_NAMES;
  readonly latency: LatencySummary;
}

function figuresTable(measure: LoadMeasure, { loads }: Summary): HTMLElement {
  const rows = loads.flatMap((load) =>
    [load.total, ...load.phases].flatMap(({ phase, latency }): FiguresRow[] => {
      const figures = latency[measure];
      return figures ? [{ load: load.name, phase, latency: figures }] : [];
    }),
  );
  return dataTable<FiguresRow>({
    caption: `${MEASURE_NAMES[measure]}: percentiles`,
    rows,
    rowClass: ({ phase }) => (phase === 'total' ? 'total' : 'part'),
    columns: [
      {
        heading: 'Load',
        cell: ({ load, phase }) =>
          phase === 'total' ? load : element('span', { class: 'phase' }, PHASE_NAMES[phase]),
      },
      { heading: 'Operations', numeric: true, cell: ({ latency }) => countText(latency.count) },
      {
        heading: 'Unanswered',
        numeric: true,
        cell: ({ latency }) => countText(latency.unanswered),
        tone: ({ latency }) => (latency.unanswered > 0 ? 'bad' : 'quiet'),
      },
      { heading: 'Min', numeric: true, cell: ({ latency }) => latencyText(latency.min) },
      { heading: 'Mean', numeric: true, cell: ({ latency }) => latencyText(latency.mean) },
      ...(['p50', 'p90', 'p95', 'p99', 'p99.9', 'p99.99'] as const).map((name) => ({
        heading: name,
        numeric: true,
        cell: ({ latency }: FiguresRow) => latencyText(latency.percentiles[name]),
      })),
      { heading: 'Max', numeric: true, cell: ({ latency }) => latencyText(latency.max) },
    ],
  });
}

/** Shows one of several panels; buttons choose which. */
function tabs(panels: readonly { readonly label: string; readonly panel: HTMLElement }[]): HTMLElement {
  const buttons = panels.map(({ label }) => element('button', { type: 'button' }, label));
  const show = (chosen: number) => {
    panels.forEach(({ panel }, index) => {
      panel.classList.toggle('hidden', index !== chosen);
      buttons[index]?.setAttribute('aria-pressed', String(index === chosen));
    });
  };
  buttons.forEach((button, index) => {
    button.addEventListener('click', () => show(index));
  });
  show(0);
  const bar = element('div', { class: 'tabs', role: 'group', 'aria-label': 'Measure' }, ...buttons);
  return element('div', {}, panels.length > 1 && bar, ...panels.map(({ panel }) => panel));
}
