import type { Comparison, Statistic } from '../contracts/plan/thresholds.js';
import type { LatencyHistogram, PercentileBounds } from './latency-histogram.js';

export const exactly = (value: number): PercentileBounds => ({ lower: value, upper: value });

/** Whether the comparison holds for every value between the bounds (true), for none (false), or for some. */
export function compare(
  { lower, upper }: PercentileBounds,
  comparison: Comparison,
  bound: number,
): boolean | undefined {
  const decide = (always: boolean, never: boolean) => (always ? true : never ? false : undefined);
  switch (comparison) {
    case '<':
      return decide(upper < bound, lower >= bound);
    case '<=':
      return decide(upper <= bound, lower > bound);
    case '>':
      return decide(lower > bound, upper <= bound);
    case '>=':
      return decide(lower >= bound, upper < bound);
    case '==':
      return decide(lower === bound && upper === bound, bound < lower || bound > upper);
    case '!=':
      return decide(bound < lower || bound > upper, lower === bound && upper === bound);
  }
}

/** Of a distribution of durations, in nanoseconds: a percentile, its extremes or its mean. */
export function boundsOf(histogram: LatencyHistogram, statistic: Statistic): PercentileBounds {
  // One that was never answered could have had any time above what it waited.
  const isOpen = histogram.censoredTotal > 0;
  switch (statistic.kind) {
    case 'percentile':
      return histogram.percentile(statistic.percentile);
    case 'min':
      return isOpen ? { lower: histogram.min, upper: histogram.percentile(0).upper } : exactly(histogram.min);
    case 'max':
      return { lower: histogram.max, upper: isOpen ? Number.POSITIVE_INFINITY : histogram.max };
    default:
      return { lower: histogram.mean, upper: isOpen ? Number.POSITIVE_INFINITY : histogram.mean };
  }
}

export const nameOf = (statistic: Statistic): string =>
  statistic.kind === 'percentile' ? `p${statistic.percentile}` : statistic.kind;
