import uPlot from 'uplot';
import { element } from './dom.js';
import { type LegendEntry, type LineStyle, legend } from './legend.js';
import { mountPlot } from './mount-plot.js';
import { type Axis, plotAxis, X_AXIS_PX, Y_AXIS_PX } from './plot-axis.js';
import { seriesColor } from './theme.js';

export interface ChartLine extends LegendEntry {
  readonly x: readonly number[];
  readonly y: readonly (number | null)[];
  /** From this index on, points are marked as lower bounds. */
  readonly atLeastFrom?: number;
  /** From this index on, the line is faint. */
  readonly faintFrom?: number;
}

export interface ChartOptions {
  readonly title: string;
  /** What the chart shows, in words: for those who do not see it. */
  readonly alternative: string;
  readonly lines: readonly ChartLine[];
  readonly x: Axis;
  readonly y: Axis;
  readonly heightPx: number;
  /** Free space above and to the right of the lines. */
  readonly paddingPx?: readonly [top: number, right: number];
  /** Least and greatest x; without it, what the lines span. */
  readonly xRange?: readonly [number, number];
  /** Charts of one group share their cursor. */
  readonly cursorGroup?: string;
  /** Draws beneath the lines, in canvas pixels. */
  readonly drawBeneath?: (plot: uPlot) => void;
}

const DASH: Readonly<Record<LineStyle, number[]>> = { solid: [], dashed: [5, 4], thin: [] };
const WIDTH: Readonly<Record<LineStyle, number>> = { solid: 1.75, dashed: 1.25, thin: 1 };
const FAINT_ALPHA = 0.4;

/** A chart of lines with its legend and its text alternative; follows the width it is given and the theme. */
export function chart(options: ChartOptions): HTMLElement {
  const { lines } = options;
  // Each line is drawn as two series: the sound part, and the faint rest that begins where that ends.
  const halves = lines.flatMap((line) => [
    part(line, 0, (line.faintFrom ?? line.x.length) + 1),
    part(line, line.faintFrom ?? line.x.length, line.x.length),
  ]);
  const data = uPlot.join(halves.map(({ x, y }) => [x, y] as uPlot.AlignedData));

  const names = legend(lines, (index, shown) => {
    plot.setSeries(2 * index + 1, { show: shown });
    plot.setSeries(2 * index + 2, { show: shown });
  });
  const { plot, canvas } = mountPlot(
    plotOptions(options, (texts) => names.showValues(texts)),
    data,
    options.alternative,
  );
  return element('figure', {}, element('figcaption', {}, options.title), names.node, canvas);
}

function part({ x, y }: ChartLine, from: number, to: number): { x: number[]; y: (number | null)[] } {
  return { x: x.slice(from, to), y: y.slice(from, to) };
}

function plotOptions(
  options: ChartOptions,
  showValues: (texts: string[] | undefined) => void,
): uPlot.Options {
  const { lines, x, y, xRange } = options;
  return {
    width: 600,
    height: options.heightPx,
    legend: { show: false },
    padding: [...(options.paddingPx ?? [10, 14]), 0, 0],
    cursor: {
      y: false,
      points: { size: 6 },
      drag: { setScale: false, x: false, y: false },
      ...(options.cursorGroup !== undefined && { sync: { key: options.cursorGroup } }),
    },
    scales: {
      x: { time: false, ...distribution(x), ...(xRange && { range: () => [xRange[0], xRange[1]] }) },
      y: {
        ...distribution(y),
        ...(y.scale === 'linear' && { range: (_, __, max) => [0, max > 0 ? max * 1.08 : 1] }),
      },
    },
    axes: [plotAxis(x, X_AXIS_PX), plotAxis(y, Y_AXIS_PX)],
    series: [{}, ...lines.flatMap((line) => [plotSeries(line, false), plotSeries(line, true)])],
    hooks: {
      drawClear: options.drawBeneath ? [options.drawBeneath] : [],
      draw: [(plot) => drawLowerBounds(plot, lines)],
      setCursor: [
        (plot) => {
          const at = plot.cursor.idx;
          if (at === null || at === undefined) return showValues(undefined);
          const texts = lines.map((_, index) => {
            const value = plot.data[2 * index + 1]?.[at] ?? plot.data[2 * index + 2]?.[at];
            return typeof value === 'number' ? y.format(value) : '';
          });
          showValues(texts);
        },
      ],
    },
  };
}

const distribution = ({ scale }: Axis): uPlot.Scale =>
  scale === 'log' ? { distr: 3, log: 10 } : { distr: 1 };

function plotSeries(line: ChartLine, faint: boolean): uPlot.Series {
  return {
    stroke: () => seriesColor(line.color),
    width: WIDTH[line.style],
    dash: DASH[line.style],
    alpha: faint ? FAINT_ALPHA : line.style === 'solid' ? 1 : 0.75,
    points: { show: false },
    spanGaps: false,
  };
}

/** Small triangles along the values that are lower bounds: they point to where the truth lies. */
function drawLowerBounds(plot: uPlot, lines: readonly ChartLine[]): void {
  const { ctx } = plot;
  const size = 4 * devicePixelRatio;
  ctx.save();
  lines.forEach((line, index) => {
    if (line.atLeastFrom === undefined || plot.series[2 * index + 1]?.show === false) return;
    ctx.fillStyle = seriesColor(line.color);
    let freeFrom = Number.NEGATIVE_INFINITY;
    for (let i = line.atLeastFrom; i < line.x.length; i++) {
      const value = line.y[i];
      if (value === null || value === undefined) continue;
      const left = plot.valToPos(line.x[i] as number, 'x', true);
      if (left < freeFrom) continue;
      freeFrom = left + 5 * size;
      const top = plot.valToPos(value, 'y', true);
      ctx.beginPath();
      ctx.moveTo(left - size, top);
      ctx.lineTo(left + size, top);
      ctx.lineTo(left, top - 1.6 * size);
      ctx.fill();
    }
  });
  ctx.restore();
}
