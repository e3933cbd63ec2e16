import { formatCount, formatDuration, formatRate, formatStopwatch } from '../base/units.js';
import type { LoadCounter } from '../contracts/load.js';
import type { PageTimeline, ReportPage } from '../contracts/report-page.js';
import { alertLanes, lastAlertSecond } from './alert-lanes.js';
import { anomaliesOf, lastSecond } from './anomalies.js';
import { anomalyLanes } from './anomaly-lanes.js';
import { anomalyTable } from './anomaly-table.js';
import { type ChartLine, type ChartOptions, chart } from './chart.js';
import { element, section } from './dom.js';
import { BAND_LABEL_PX, drawFaultBands, faultBands } from './fault-bands.js';
import { timeAxis } from './plot-axis.js';
import { decadeTicks } from './ticks.js';

type TimelineLoad = PageTimeline['loads'][number];

const TROUBLES: readonly LoadCounter[] = ['failed', 'unknown', 'unsent', 'dropped'];

/** The run over time: rate, latency, what waited, what went wrong, which alerts fired and what the checks found, with the faults as bands and one cursor. */
export function overTime({ timeline, summary }: ReportPage): HTMLElement | undefined {
  const loads = timeline.loads.filter(({ t }) => t.length > 0);
  if (loads.length === 0) return undefined;
  const { rowSec } = timeline;
  const anomalies = anomaliesOf(summary.checks);
  const fired = summary.alerts?.fired ?? [];
  const endSec = Math.max(
    (summary.watchedNs ?? 0) / 1e9,
    lastSecond(anomalies),
    lastAlertSecond(fired),
    ...loads.map(({ t }) => (t.at(-1) ?? 0) + rowSec),
  );
  const bands = faultBands(summary.faults, endSec);
  const common = {
    x: timeAxis,
    xRange: [0, endSec],
    cursorGroup: 'run',
  } satisfies Partial<ChartOptions>;
  const each = rowSec === 1 ? 'second' : formatDuration(rowSec * 1e9);
  const faultWords = bands.map(
    ({ label, fromSec, toSec }) => `${label} from ${formatStopwatch(fromSec)} to ${formatStopwatch(toSec)}`,
  );
  const during = faultWords.length > 0 ? ` Faults: ${faultWords.join('; ')}.` : '';

  const latency = latencyLines(loads);
  const troubled = troubleLines(loads, rowSec);
  const parts = [
    chart({
      ...common,
      title: 'Rate: done against due',
      alternative: `Operations a second over time.${rateWords(loads, rowSec)}${during}`,
      lines: rateLines(loads, rowSec),
      y: { scale: 'linear', format: formatRate },
      heightPx: 230,
      paddingPx: [BAND_LABEL_PX + 4, 14],
      drawBeneath: (plot) => drawFaultBands(plot, bands, true),
    }),
    latency.length > 0 &&
      chart({
        ...common,
        title: `Latency of each ${each}: 99th percentile and maximum`,
        alternative: `Latency over time, logarithmic.${peakWords(latency)}${during}`,
        lines: latency,
        y: { scale: 'log', format: formatDuration, ticks: decadeTicks },
        heightPx: 260,
        drawBeneath: (plot) => drawFaultBands(plot, bands, false),
      }),
    chart({
      ...common,
      title: 'Waiting: due or in flight, not yet finished',
      alternative: `Unfinished operations over time.${during}`,
      lines: loads.map((load, color) => ({
        label: load.name,
        color,
        style: 'solid',
        x: load.t,
        y: load.pending,
      })),
      y: { scale: 'linear', format: formatCount },
      heightPx: 160,
      drawBeneath: (plot) => drawFaultBands(plot, bands, false),
    }),
    troubled.length > 0
      ? chart({
          ...common,
          title: 'Failed, unknown, unsent or dropped',
          alternative: `Operations a second that went wrong, over time.${during}`,
          lines: troubled,
          y: { scale: 'linear', format: formatRate },
          heightPx: 160,
          drawBeneath: (plot) => drawFaultBands(plot, bands, false),
        })
      : element('p', { class: 'note' }, 'No operation failed, stayed unknown, was unsent or was dropped.'),
    fired.length > 0 && alertLanes({ fired, bands, endSec, cursorGroup: common.cursorGroup }),
    summary.alerts !== null && fired.length === 0 && element('p', { class: 'note' }, 'No alert fired.'),
    anomalies.length > 0 && anomalyLanes({ anomalies, bands, endSec, cursorGroup: common.cursorGroup }),
    anomalies.length > 0 && anomalyTable(anomalies, bands),
  ];
  return section(
    'time',
    'The run over time',
    ...parts,
    element(
      'p',
      { class: 'note' },
      'Bands mark the faults. The same figures, second by second, are in timeseries.csv beside this file.',
    ),
  );
}

/** Per second. A last row that the load ended in has no rate: it would look like a dip. */
function perSecond(load: TimelineLoad, counts: readonly number[], rowSec: number): (number | null)[] {
  // Where nothing is due by itself, a load lasts as long as something is done; a pause within that is no end.
  const due = load.counters.due ?? load.counters[doneCounter(load)] ?? [];
  const lastDue = due.findLastIndex((count) => count > 0);
  const partial = lastDue > 0 && (due[lastDue] as number) < 0.5 * (due[lastDue - 1] as number);
  return counts.map((count, index) =>
    partial && index === lastDue ? null : index > lastDue && count === 0 ? null : count / rowSec,
  );
}

function rateLines(loads: readonly TimelineLoad[], rowSec: number): ChartLine[] {
  return loads.flatMap((load, color) => {
    const line = (counter: LoadCounter) => ({
      color,
      x: load.t,
      y: perSecond(load, load.counters[counter] ?? load.t.map(() => 0), rowSec),
    });
    return [
      { ...line(doneCounter(load)), label: `${load.name} done`, style: 'solid' as const },
      ...(load.counters.due ? [{ ...line('due'), label: 'due', style: 'dashed' as const }] : []),
    ];
  });
}

/** What one that only listens has done is what it received. */
const doneCounter = ({ counters }: TimelineLoad): LoadCounter =>
  counters.due || counters.sent ? 'ok' : 'received';

function latencyLines(loads: readonly TimelineLoad[]): ChartLine[] {
  return loads.flatMap((load, color) => {
    const columns = load.latency.ack_latency ?? load.latency.lag;
    if (!columns) return [];
    // A logarithmic scale has no place for zero.
    const positive = (values: readonly (number | null)[]) =>
      values.map((ns) => (ns === null ? null : Math.max(ns, 1)));
    return [
      { label: `${load.name} p99`, color, style: 'solid' as const, x: load.t, y: positive(columns.p99) },
      { label: 'max', color, style: 'thin' as const, x: load.t, y: positive(columns.max) },
    ];
  });
}

function troubleLines(loads: readonly TimelineLoad[], rowSec: number): ChartLine[] {
  return loads.flatMap((load, color) => {
    const sums = load.t.map((_, index) =>
      TROUBLES.reduce((sum, counter) => sum + (load.counters[counter]?.[index] ?? 0), 0),
    );
    if (!sums.some((sum) => sum > 0)) return [];
    return [
      { label: load.name, color, style: 'solid' as const, x: load.t, y: sums.map((sum) => sum / rowSec) },
    ];
  });
}

function rateWords(loads: readonly TimelineLoad[], rowSec: number): string {
  return loads
    .map((load) => {
      const counts = load.counters[doneCounter(load)] ?? [];
      const done = perSecond(load, counts, rowSec).filter((rate) => rate !== null);
      if (done.length === 0) return '';
      return ` ${load.name}: between ${formatRate(Math.min(...done))} and ${formatRate(Math.max(...done))} done.`;
    })
    .join('');
}

function peakWords(lines: readonly ChartLine[]): string {
  return lines
    .filter(({ style }) => style === 'solid')
    .map(({ label, x, y }) => {
      const peak = Math.max(...y.map((value) => value ?? 0));
      return ` ${label}: at most ${formatDuration(peak)}, at ${formatStopwatch(x[y.indexOf(peak)] ?? 0)}.`;
    })
    .join('');
}
