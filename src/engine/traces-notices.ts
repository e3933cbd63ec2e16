import { nowNs } from '../base/clock.js';
import type { LoadNotice } from '../contracts/load.js';
import type { TracesResult } from '../contracts/trace.js';

const NOBODY = -1;

/** What the report says of spans that are not where they should be. */
export function tracesNotices(traces: TracesResult | undefined): LoadNotice[] {
  const atNs = nowNs();
  return (traces?.troubles ?? []).map(({ text, count }) => ({
    load: 'traces',
    worker: NOBODY,
    kind: 'note',
    text,
    atNs,
    count,
  }));
}
