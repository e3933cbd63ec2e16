import type { HistogramSnapshot } from '../../../src/contracts/histogram.js';
import {
  LOAD_COUNTERS,
  LOAD_MEASURES,
  type LoadCounter,
  type LoadMeasure,
  type PhaseReport,
} from '../../../src/contracts/load.js';
import type { LoadPhaseResult } from '../../../src/contracts/run-result.js';
import { LatencyHistogram } from '../../../src/metrics/latency-histogram.js';

type Parts = readonly Pick<PhaseReport, 'counters' | 'histograms'>[];

export const mergedCounters = (parts: Parts): Record<LoadCounter, number> =>
  Object.fromEntries(
    LOAD_COUNTERS.map((counter) => [
      counter,
      parts.reduce((sum, part) => sum + (part.counters[counter] ?? 0), 0),
    ]),
  ) as Record<LoadCounter, number>;

export function mergedHistograms(parts: Parts): LoadPhaseResult['histograms'] {
  const merged: Partial<Record<LoadMeasure, HistogramSnapshot>> = {};
  for (const measure of LOAD_MEASURES) {
    const histogram = new LatencyHistogram();
    for (const part of parts) {
      const snapshot = part.histograms[measure];
      if (snapshot) histogram.add(snapshot);
    }
    if (histogram.total > 0) merged[measure] = histogram.snapshot();
  }
  return merged;
}
