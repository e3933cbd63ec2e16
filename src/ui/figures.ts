import { formatDuration, formatInteger, formatRate } from '../base/units.js';
import type { LoadMeasure } from '../contracts/load.js';
import type { PhaseName } from '../contracts/plan/phase.js';
import type { LatencyFigure, PhaseSummary } from '../contracts/summary.js';

/** What the page prints where there is nothing to print. */
export const NOTHING = '–';

export const MEASURE_NAMES: Readonly<Record<LoadMeasure, string>> = {
  ack_latency: 'Due to acknowledged',
  service_time: 'Sent to acknowledged',
  lag: 'Due to received',
  schedule_delay: 'Due to sent',
  drain_time: 'Begun to caught up',
};

export const PHASE_NAMES: Readonly<Record<PhaseName | 'total', string>> = {
  total: 'whole run',
  steady: 'steady',
  faults: 'under faults',
  'warm-up': 'warm-up',
};

/** A latency, with ≥ where operations without an answer are part of it. */
export function latencyText(figure: LatencyFigure | null | undefined): string {
  if (!figure) return NOTHING;
  return `${figure.atLeast ? '≥ ' : ''}${formatDuration(figure.ns)}`;
}

export function rateText(perSec: number | null): string {
  return perSec === null ? NOTHING : formatRate(perSec);
}

export const countText = (count: number): string => formatInteger(count);

/** The measure that speaks for a load: the acknowledgement's where there is one, else the monitor's. */
export function leadingMeasure({ latency }: PhaseSummary): LoadMeasure | undefined {
  return (['ack_latency', 'lag', 'schedule_delay'] as const).find((measure) => latency[measure]);
}
