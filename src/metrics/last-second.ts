import { NS } from '../base/clock.js';
import { formatInteger, formatRate, formatRatio } from '../base/units.js';
import type { IntervalReport, LoadCounter, LoadMeasure } from '../contracts/load.js';
import type { Statistic } from '../contracts/plan/thresholds.js';
import { LatencyHistogram, type PercentileBounds } from './latency-histogram.js';
import { formatBounds } from './percentile-text.js';
import { boundsOf, exactly, nameOf } from './statistic-bounds.js';
import { THROUGHPUT } from './threshold-grammar.js';

/** A report that is older than this, by its end, says nothing of now: its worker has stopped or hangs. */
const STALE_NS = 2.5 * NS.s;

export interface MomentaryMeasure {
  readonly measure: string;
  readonly statistic: Statistic;
  /** Its operations are acknowledged: throughput counts those, and else those that were received, or sent. */
  readonly acknowledged: boolean;
}

export interface Momentary {
  readonly bounds: PercentileBounds;
  /** `p99 = 212 ms`, `3 of 512 due`. */
  readonly text: string;
}

/**
 * A measure of a load as it was in about the last second: by the last report of each of its workers, and of the monitor.
 * Unlike a threshold it makes do with few operations: there is no time to wait for more. `undefined` when there is
 * nothing to measure it by.
 */
export function measureLastSecond(
  lastReports: readonly IntervalReport[],
  { measure, statistic, acknowledged }: MomentaryMeasure,
  atNs: number,
): Momentary | undefined {
  const reports = lastReports.filter(({ endNs }) => atNs - endNs <= STALE_NS);
  const parts = reports.flatMap((report) =>
    report.phases
      .filter(({ phase }) => phase !== 'warm-up')
      .map(({ counters, histograms }) => ({ report, counters, histograms })),
  );
  const sum = (name: LoadCounter): number =>
    parts.reduce((all, { counters }) => all + (counters[name] ?? 0), 0);

  if (measure === THROUGHPUT) {
    if (parts.length === 0) return undefined;
    const counter = acknowledged ? 'ok' : sum('received') > 0 ? 'received' : 'sent';
    const perSec = parts.reduce((all, { report: { startNs, endNs }, counters }) => {
      const seconds = (endNs - startNs) / NS.s;
      return all + (seconds > 0 ? (counters[counter] ?? 0) / seconds : 0);
    }, 0);
    return { bounds: exactly(perSec), text: formatRate(perSec) };
  }
  if (statistic.kind === 'count' || statistic.kind === 'ratio') {
    const base = sum('due') > 0 ? sum('due') : sum('received') + sum('lost');
    const count = measure === 'errors' ? sum('failed') + sum('unknown') : sum(measure as LoadCounter);
    if (parts.length === 0 || (statistic.kind === 'ratio' && base === 0)) return undefined;
    const value = statistic.kind === 'count' ? count : count / base;
    const text = statistic.kind === 'count' ? formatInteger(count) : formatRatio(value);
    return { bounds: exactly(value), text: `${text} (${formatInteger(count)} of ${formatInteger(base)})` };
  }
  const histogram = new LatencyHistogram();
  for (const { histograms } of parts) {
    const snapshot = histograms[measure as LoadMeasure];
    if (snapshot) histogram.add(snapshot);
  }
  if (histogram.total === 0) return undefined;
  const bounds = boundsOf(histogram, statistic);
  const equals = bounds.lower === bounds.upper ? '= ' : '';
  return { bounds, text: `${nameOf(statistic)} ${equals}${formatBounds(bounds)}` };
}
