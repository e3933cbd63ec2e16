import type uPlot from 'uplot';
import type { FaultSummary } from '../contracts/summary.js';
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

/** Draws the bands beneath a chart over time, each with its name where there is room for it. */
export function drawFaultBands(plot: uPlot, bands: readonly FaultBand[], labelled: boolean): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.font = `${12 * devicePixelRatio}px system-ui, sans-serif`;
  ctx.textBaseline = 'top';
  for (const { label, fromSec, toSec } of bands) {
    const left = plot.valToPos(fromSec, 'x', true);
    const width = Math.max(plot.valToPos(toSec, 'x', true) - left, devicePixelRatio);
    ctx.fillStyle = themeColor('band');
    ctx.fillRect(left, bbox.top, width, bbox.height);
    ctx.fillStyle = themeColor('band-edge');
    ctx.fillRect(left, bbox.top, devicePixelRatio, bbox.height);
    ctx.fillRect(left + width - devicePixelRatio, bbox.top, devicePixelRatio, bbox.height);
    const inset = 6 * devicePixelRatio;
    if (labelled && ctx.measureText(label).width + 2 * inset <= width) {
      ctx.fillStyle = themeColor('band-text');
      ctx.fillText(label, left + inset, bbox.top + inset);
    }
  }
  ctx.restore();
}
