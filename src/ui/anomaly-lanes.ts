import type uPlot from 'uplot';
import { formatStopwatch } from '../base/units.js';
import { type Anomaly, anomalyLabel, MEANINGS } from './anomalies.js';
import { element } from './dom.js';
import { drawFaultBands, type FaultBand } from './fault-bands.js';
import { countText } from './figures.js';
import { mountPlot } from './mount-plot.js';
import { plotAxis, X_AXIS_PX, Y_AXIS_PX } from './plot-axis.js';
import { themeColor } from './theme.js';

const LANE_PX = 40;
/** Of a lane: its name stands above its bars. */
const LABEL_PX = 17;
const LEAST_BAR_PX = 3;
const PADDING_TOP_PX = 4;
const PADDING_RIGHT_PX = 14;

export interface LanesOptions {
  readonly anomalies: readonly Anomaly[];
  readonly bands: readonly FaultBand[];
  readonly endSec: number;
  readonly cursorGroup: string;
}

/** What the checks found, a lane a set, a bar a second; in line with the other charts over time. */
export function anomalyLanes({ anomalies, bands, endSec, cursorGroup }: LanesOptions): HTMLElement {
  const pointed = element('div', { class: 'legend', 'aria-hidden': 'true' });
  const options: uPlot.Options = {
    width: 600,
    height: PADDING_TOP_PX + anomalies.length * LANE_PX + X_AXIS_PX,
    legend: { show: false },
    padding: [PADDING_TOP_PX, PADDING_RIGHT_PX, 0, 0],
    cursor: {
      y: false,
      points: { show: false },
      drag: { setScale: false, x: false, y: false },
      sync: { key: cursorGroup },
    },
    scales: {
      x: { time: false, range: () => [0, endSec] },
      y: { range: () => [0, anomalies.length] },
    },
    axes: [
      plotAxis({ scale: 'linear', format: formatStopwatch }, X_AXIS_PX),
      // As wide as the others' and empty; its grid parts the lanes.
      plotAxis({ scale: 'linear', format: () => '', ticks: anomalies.map((_, i) => i) }, Y_AXIS_PX),
    ],
    // The bars are drawn by hand: what there is to plot is the time alone.
    series: [{}],
    hooks: {
      drawClear: [(plot) => drawFaultBands(plot, bands, false)],
      draw: [(plot) => drawLanes(plot, anomalies)],
      setCursor: [
        (plot) => {
          pointed.textContent = pointedText(plot, anomalies);
        },
      ],
    },
  };
  const { canvas } = mountPlot(options, [[0, endSec]], alternativeOf(anomalies));
  return element('figure', {}, element('figcaption', {}, 'What the checks found'), pointed, canvas);
}

function drawLanes(plot: uPlot, anomalies: readonly Anomaly[]): void {
  for (const [lane, anomaly] of anomalies.entries()) drawLane(plot, anomaly, lane, anomalies.length);
}

/** Bars as high as what they count is of the lane's highest; the first lane is the topmost. */
function drawLane(plot: uPlot, anomaly: Anomaly, lane: number, lanes: number): void {
  const { ctx, bbox } = plot;
  const px = devicePixelRatio;
  const laneHeight = bbox.height / lanes;
  const bottom = bbox.top + (lane + 1) * laneHeight;
  const room = laneHeight - (LABEL_PX + 2) * px;
  const most = Math.max(...anomaly.set.overTime.map(([, count]) => count));
  ctx.save();
  ctx.fillStyle = themeColor(MEANINGS[anomaly.set.meaning].tone);
  for (const [second, count] of anomaly.set.overTime) {
    const left = plot.valToPos(second, 'x', true);
    const right = plot.valToPos(second + 1, 'x', true);
    const height = Math.max(LEAST_BAR_PX * px, (count / most) * room);
    // A hair between neighbours, as long as there is room for one.
    const width = Math.max(right - left - px, 2 * px);
    ctx.fillRect(left, bottom - height, width, height);
  }
  ctx.fillStyle = themeColor('fg');
  ctx.font = `${12 * px}px system-ui, sans-serif`;
  ctx.textBaseline = 'top';
  ctx.textAlign = 'left';
  const label = `${countText(anomaly.set.count)} ${anomalyLabel(anomaly)}`;
  ctx.fillText(cutTo(label, bbox.width - 8 * px, ctx), bbox.left + 4 * px, bottom - laneHeight + 3 * px);
  ctx.restore();
}

/** The text, or as much of it as there is room for. */
function cutTo(text: string, width: number, ctx: CanvasRenderingContext2D): string {
  if (ctx.measureText(text).width <= width) return text;
  let length = text.length;
  while (length > 0 && ctx.measureText(`${text.slice(0, length)}…`).width > width) length--;
  return `${text.slice(0, length)}…`;
}

/** Of the second that the cursor is in, here or in another chart. */
function pointedText(plot: uPlot, anomalies: readonly Anomaly[]): string {
  const left = plot.cursor.left ?? -1;
  if (left < 0) return '';
  const pointed = Math.floor(plot.posToVal(left, 'x'));
  const found = anomalies.flatMap(({ set }) =>
    set.overTime
      .filter(([second]) => second === pointed)
      .map(([, count]) => `${countText(count)} ${set.name}`),
  );
  return found.length === 0 ? '' : `${formatStopwatch(pointed)}  ${found.join(', ')}`;
}

function alternativeOf(anomalies: readonly Anomaly[]): string {
  const words = anomalies.map((anomaly) => {
    const { overTime, count } = anomaly.set;
    const [first, last] = [overTime[0]?.[0] ?? 0, overTime.at(-1)?.[0] ?? 0];
    const when =
      first === last
        ? `at ${formatStopwatch(first)}`
        : `from ${formatStopwatch(first)} to ${formatStopwatch(last)}`;
    return `${anomalyLabel(anomaly)}: ${countText(count)}, ${when}.`;
  });
  return `What the checks found over time. ${words.join(' ')} A table follows.`;
}
