import type { HistogramSnapshot } from '../contracts/histogram.js';
import { LatencyHistogram } from '../metrics/latency-histogram.js';
import { FEWEST_BEYOND } from './latency-summary.js';

/** Points on each tenfold of 1 / (1 − p): enough that the line shows every step that the eye can see. */
const POINTS_PER_DECADE = 24;

export interface CurveColumns {
  readonly odds: readonly number[];
  readonly ns: readonly number[];
  readonly atLeastFrom?: number;
  readonly sparseFrom?: number;
}

/** Latency by percentile on HdrHistogram's scale: as far as there are operations, the last point is the maximum. */
export function percentileCurve(snapshot: HistogramSnapshot): CurveColumns {
  const histogram = LatencyHistogram.from(snapshot);
  const odds: number[] = [];
  const ns: number[] = [];
  let atLeastFrom: number | undefined;
  let sparseFrom: number | undefined;
  const steps = Math.ceil(Math.log10(Math.max(histogram.total, 1)) * POINTS_PER_DECADE);
  for (let step = 0; step <= steps; step++) {
    const at = Math.min(10 ** (step / POINTS_PER_DECADE), histogram.total);
    const percentile = 100 * (1 - 1 / at);
    const { lower, upper } = histogram.percentile(percentile);
    if (atLeastFrom === undefined && upper > lower) atLeastFrom = step;
    if (sparseFrom === undefined && histogram.countBeyond(percentile) < FEWEST_BEYOND) sparseFrom = step;
    odds.push(at);
    ns.push(step === steps ? histogram.max : lower);
  }
  return {
    odds,
    ns,
    ...(atLeastFrom !== undefined && { atLeastFrom }),
    ...(sparseFrom !== undefined && { sparseFrom }),
  };
}
