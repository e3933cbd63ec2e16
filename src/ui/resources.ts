import { formatDuration, formatSize } from '../base/units.js';
import type { ReportPage } from '../contracts/report-page.js';
import type { ResourceFigure } from '../contracts/resources.js';
import { type ChartLine, type ChartOptions, chart } from './chart.js';
import { element, section } from './dom.js';
import { drawFaultBands, faultBands } from './fault-bands.js';
import { timeAxis } from './plot-axis.js';
import { resourceTables } from './resource-tables.js';
import { byteTicks } from './ticks.js';

/** Changes below this say nothing that the table does not. */
const FEWEST_FILES = 8;
const SMALLEST_STORE_BYTES = 2 ** 20;

/** Who used how much of the machine, over time and at most; what limited each load; and how well time was told. */
export function resourcesSection(page: ReportPage): HTMLElement | undefined {
  const { resources } = page.summary;
  if (resources.users.length === 0) return undefined;
  return section(
    'resources',
    'Resources',
    limitList(page),
    ...charts(page),
    ...resourceTables(resources),
    clockNote(page),
  );
}

function charts({ resources, summary }: ReportPage): (HTMLElement | false)[] {
  const { t, rowSec, users } = resources;
  if (t.length === 0) return [];
  const endSec = Math.max((summary.watchedNs ?? 0) / 1e9, (t.at(-1) ?? 0) + rowSec);
  const bands = faultBands(summary.faults, endSec);
  const common = {
    x: timeAxis,
    xRange: [0, endSec],
    cursorGroup: 'run',
    drawBeneath: (plot) => drawFaultBands(plot, bands, false),
  } satisfies Partial<ChartOptions>;
  const linesOf = (figure: ResourceFigure): ChartLine[] =>
    users.flatMap(({ kind, name, figures }, color) => {
      const y = figures[figure];
      // The process is the sum of its threads, which have lines of their own.
      if (!y || (figure === 'cpuShare' && kind === 'process')) return [];
      return [{ label: name, color, style: kind === 'server' ? 'solid' : 'dashed', x: t, y }];
    });
  const machine = users.find(({ kind }) => kind === 'machine')?.figures.machineShare;
  const cores: ChartLine[] = machine
    ? [
        {
          label: `all ${summary.resources.cores} cores`,
          color: users.length - 1,
          style: 'thin',
          x: t,
          y: machine.map((share) => share && share * summary.resources.cores),
        },
      ]
    : [];
  const drawn = (
    figure: ResourceFigure,
    title: string,
    format: (value: number) => string,
    heightPx: number,
    more: readonly ChartLine[] = [],
  ): HTMLElement => {
    const lines = [...linesOf(figure), ...more];
    const alternative = `${title}.${peakWords(lines, format)}`;
    const y = {
      scale: 'linear',
      format,
      ...(format === formatSize && { ticks: byteTicks(highest(lines)) }),
    } as const;
    return chart({ ...common, title, alternative, lines, y, heightPx });
  };
  return [
    drawn('cpuShare', 'CPU: cores in use', inCores, 200, cores),
    drawn('residentBytes', 'Memory', formatSize, 160),
    spread(linesOf('openFiles')) >= FEWEST_FILES && drawn('openFiles', 'Open files', String, 130),
    spread(linesOf('storeBytes')) >= SMALLEST_STORE_BYTES &&
      drawn('storeBytes', 'Stores on disk', formatSize, 130),
  ];
}

const inCores = (value: number): string => String(Number(value.toPrecision(2)));

/** By how much the line that changes most changes. */
function spread(lines: readonly ChartLine[]): number {
  return Math.max(
    0,
    ...lines.map(({ y }) => {
      const values = y.filter((value) => value !== null);
      return Math.max(...values) - Math.min(...values);
    }),
  );
}

const highest = (lines: readonly ChartLine[]): number =>
  Math.max(0, ...lines.flatMap(({ y }) => y.map((value) => value ?? 0)));

const peakWords = (lines: readonly ChartLine[], format: (value: number) => string): string =>
  lines
    .map(({ label, y }) => ` ${label}: at most ${format(Math.max(...y.map((value) => value ?? 0)))}.`)
    .join('');

function limitList({ summary }: ReportPage): HTMLElement | undefined {
  const { limits } = summary.resources;
  if (limits.length === 0) return undefined;
  const list = element('dl', { class: 'facts limits' });
  for (const { load, by, text } of limits) {
    const fact = element('dd', { class: by === 'generator' ? 'bad' : '' }, text);
    list.append(element('div', {}, element('dt', {}, `What limited ${load}`), fact));
  }
  return list;
}

function clockNote({ summary }: ReportPage): HTMLElement | undefined {
  const { clock } = summary.resources;
  if (!clock) return undefined;
  const { errorNs, readNs, granularityNs, timerLateP99Ns } = clock;
  return element(
    'p',
    { class: 'note' },
    `All times are from one clock, which every thread and process of this machine reads (${formatDuration(granularityNs)} a step, ` +
      `${formatDuration(readNs)} a reading): a latency is off by at most ${formatDuration(errorNs)}. ` +
      `Operations are paced by timers of a millisecond, which came within ${formatDuration(timerLateP99Ns)} of their time (p99): ` +
      `that is in every latency, and is what the schedule delay measures. Every second of it is in resources.csv beside this file.`,
  );
}
