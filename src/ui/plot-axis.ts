import type uPlot from 'uplot';
import { formatStopwatch } from '../base/units.js';
import { themeColor } from './theme.js';
import { timeSteps } from './ticks.js';

export interface Axis {
  readonly scale: 'linear' | 'log';
  readonly format: (value: number) => string;
  /** Where ticks may stand, instead of where the chart would put them. */
  readonly ticks?: readonly number[];
  /** How far apart they may stand. */
  readonly steps?: readonly number[];
}

/** Of seconds since the start of the load. */
export const timeAxis: Axis = { scale: 'linear', format: formatStopwatch, steps: timeSteps };

/** Room beneath a chart for its time, and beside it for its values: the same for all, so that they stand in line. */
export const X_AXIS_PX = 44;
export const Y_AXIS_PX = 64;

export function plotAxis(axis: Axis, size: number): uPlot.Axis {
  return {
    size,
    stroke: () => themeColor('muted'),
    font: '12px system-ui, sans-serif',
    grid: { stroke: () => themeColor('grid'), width: 1 },
    ticks: { show: false },
    gap: 8,
    values: (_, splits) => splits.map((value) => (value === null ? '' : axis.format(value))),
    ...(axis.steps && { incrs: [...axis.steps] }),
    ...(axis.ticks && {
      splits: (_plot, _index, min, max) => axis.ticks?.filter((tick) => tick >= min && tick <= max) ?? [],
      filter: (_plot, splits) => splits,
    }),
  };
}
