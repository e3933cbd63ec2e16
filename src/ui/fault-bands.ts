import type uPlot from 'uplot';
import type { FaultSummary } from '../contracts/summary.js';
import { NOTHING } from './figures.js';
import { themeColor } from './theme.js';

export interface FaultBand {
  readonly label: string;
  readonly fromSec: number;
  readonly toSec: number;
}

/** When each fault held; one that was not reverted holds until the end. */
export function faultBands(faults: readonly FaultSummary[], endSec: number): FaultBand[] {
  return faults.flatMap(({ kind, targets, injectedAtNs, revertedAtNs }) =>
    injectedAtNs === null
      ? []
      : [
          {
            label: [kind, ...targets].join(' '),
            fromSec: injectedAtNs / 1e9,
            toSec: revertedAtNs === null ? endSec : revertedAtNs / 1e9,
          },
        ],
  );
}

/** The names of the faults that held at some time between the two, or nothing. */
export function faultsDuring(fromSec: number, toSec: number, bands: readonly FaultBand[]): string {
  const held = bands.filter((band) => band.fromSec < toSec && band.toSec >= fromSec);
  return held.length === 0 ? NOTHING : held.map(({ label }) => label).join(', ');
}

/** What a chart leaves free above its lines, so that bands can be named there. */
export const BAND_LABEL_PX = 18;

/** Draws the bands beneath a chart over time, and their names above it as far as there is room. */
export function drawFaultBands(plot: uPlot, bands: readonly FaultBand[], labelled: boolean): void {
  const { ctx, bbox } = plot;
  let freeFrom = bbox.left;
  ctx.save();
  ctx.font = `${12 * devicePixelRatio}px system-ui, sans-serif`;
  ctx.textBaseline = 'bottom';
  ctx.textAlign = 'left';
  for (const { label, fromSec, toSec } of bands) {
    const left = plot.valToPos(fromSec, 'x', true);
    const width = Math.max(plot.valToPos(toSec, 'x', true) - left, devicePixelRatio);
    ctx.fillStyle = themeColor('band');
    ctx.fillRect(left, bbox.top, width, bbox.height);
    ctx.fillStyle = themeColor('band-edge');
    ctx.fillRect(left, bbox.top, devicePixelRatio, bbox.height);
    ctx.fillRect(left + width - devicePixelRatio, bbox.top, devicePixelRatio, bbox.height);
    const labelLeft = Math.min(left, bbox.left + bbox.width - ctx.measureText(label).width);
    if (labelled && labelLeft >= freeFrom) {
      ctx.fillStyle = themeColor('band-text');
      ctx.fillText(label, labelLeft, bbox.top - 3 * devicePixelRatio);
      freeFrom = labelLeft + ctx.measureText(label).width + 10 * devicePixelRatio;
    }
  }
  ctx.restore();
}
