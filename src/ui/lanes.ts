import type uPlot from 'uplot';
import { element } from './dom.js';
import { drawFaultBands, type FaultBand } from './fault-bands.js';
import { mountPlot } from './mount-plot.js';
import { plotAxis, timeAxis, X_AXIS_PX, Y_AXIS_PX } from './plot-axis.js';
import { themeColor } from './theme.js';

const LANE_PX = 40;
/** Of a lane: its name stands above its bars. */
const LABEL_PX = 17;
const LEAST_BAR_PX = 3;
const PADDING_TOP_PX = 4;
const PADDING_RIGHT_PX = 14;

/** So many at once, from one second of the load to another. */
export interface LaneBar {
  readonly fromSec: number;
  readonly toSec: number;
  readonly count: number;
}

export interface Lane {
  /** In words, all that its colour says. */
  readonly label: string;
  /** A colour of the page: `fail`. */
  readonly tone: string;
  /** Ascending; none overlaps another. */
  readonly bars: readonly LaneBar[];
}

export interface LanesOptions {
  readonly title: string;
  readonly lanes: readonly Lane[];
  readonly bands: readonly FaultBand[];
  readonly endSec: number;
  readonly cursorGroup: string;
  /** What stands there, in words, for whoever does not see it. */
  readonly alternative: string;
  /** What there is at a time that is pointed to, here or in another chart; empty for nothing. */
  readonly pointed: (sec: number) => string;
}

/** Bars in lanes over time, the first lane topmost, as high as what they count is of the lane's highest; in line with the other charts. */
export function laneChart(chart: LanesOptions): HTMLElement {
  const { title, lanes, bands, endSec, cursorGroup, alternative } = chart;
  const pointed = element('div', { class: 'legend', 'aria-hidden': 'true' });
  const options: uPlot.Options = {
    width: 600,
    height: PADDING_TOP_PX + lanes.length * LANE_PX + X_AXIS_PX,
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
      y: { range: () => [0, lanes.length] },
    },
    axes: [
      plotAxis(timeAxis, X_AXIS_PX),
      // As wide as the others' and empty; its grid parts the lanes.
      plotAxis({ scale: 'linear', format: () => '', ticks: lanes.map((_, i) => i) }, Y_AXIS_PX),
    ],
    // The bars are drawn by hand: what there is to plot is the time alone.
    series: [{}],
    hooks: {
      drawClear: [(plot) => drawFaultBands(plot, bands, false)],
      draw: [
        (plot) => {
          for (const [index, lane] of lanes.entries()) drawLane(plot, lane, index, lanes.length);
        },
      ],
      setCursor: [
        (plot) => {
          const left = plot.cursor.left ?? -1;
          pointed.textContent = left < 0 ? '' : chart.pointed(plot.posToVal(left, 'x'));
        },
      ],
    },
  };
  const { canvas } = mountPlot(options, [[0, endSec]], alternative);
  return element('figure', {}, element('figcaption', {}, title), pointed, canvas);
}

function drawLane(plot: uPlot, { label, tone, bars }: Lane, index: number, lanes: number): void {
  const { ctx, bbox } = plot;
  const px = devicePixelRatio;
  const laneHeight = bbox.height / lanes;
  const bottom = bbox.top + (index + 1) * laneHeight;
  const room = laneHeight - (LABEL_PX + 2) * px;
  const most = Math.max(...bars.map(({ count }) => count));
  ctx.save();
  ctx.fillStyle = themeColor(tone);
  for (const { fromSec, toSec, count } of bars) {
    const left = plot.valToPos(fromSec, 'x', true);
    const right = plot.valToPos(toSec, 'x', true);
    const height = Math.max(LEAST_BAR_PX * px, (count / most) * room);
    // A hair between neighbours, as long as there is room for one.
    const width = Math.max(right - left - px, 2 * px);
    ctx.fillRect(left, bottom - height, width, height);
  }
  ctx.fillStyle = themeColor('fg');
  ctx.font = `${12 * px}px system-ui, sans-serif`;
  ctx.textBaseline = 'top';
  ctx.textAlign = 'left';
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
