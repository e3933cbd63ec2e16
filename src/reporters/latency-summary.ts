import type { HistogramSnapshot } from '../contracts/histogram.js';
import { type LatencyFigure, type LatencySummary, SUMMARY_PERCENTILES } from '../contracts/summary.js';
import { LatencyHistogram } from '../metrics/latency-histogram.js';

/** A percentile with fewer operations beyond it is no data. */
export const FEWEST_BEYOND = 10;

/** The figures of one histogram, for people and for scripts. */
export function summarizeLatency(snapshot: HistogramSnapshot): LatencySummary {
  const histogram = LatencyHistogram.from(snapshot);
  const unanswered = histogram.censoredTotal;
  const percentiles = Object.fromEntries(
    Object.entries(SUMMARY_PERCENTILES).map(([name, percentile]) => [
      name,
      percentileOf(histogram, percentile),
    ]),
  ) as LatencySummary['percentiles'];
  return {
    count: histogram.total,
    unanswered,
    min: figure(histogram.min, histogram.percentile(0).upper > histogram.percentile(0).lower),
    mean: figure(histogram.total === 0 ? 0 : histogram.mean, unanswered > 0),
    max: figure(histogram.max, unanswered > 0),
    percentiles,
  };
}

function percentileOf(histogram: LatencyHistogram, percentile: number): LatencyFigure | null {
  if (histogram.countBeyond(percentile) < FEWEST_BEYOND) return null;
  const { lower, upper } = histogram.percentile(percentile);
  return figure(lower, upper > lower);
}

const figure = (ns: number, atLeast: boolean): LatencyFigure => (atLeast ? { ns, atLeast } : { ns });
