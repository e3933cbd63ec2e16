import { formatDuration } from '../base/units.js';
import type { PercentileBounds } from './latency-histogram.js';

/** A measured time for people: `12.3 ms`; `≥ 4.1 s` when operations without an answer decide it; `–` when nothing was. */
export function formatBounds({ lower, upper }: PercentileBounds): string {
  return lower === upper || Number.isNaN(lower) ? formatDuration(lower) : `≥ ${formatDuration(lower)}`;
}
