import { NS } from '../base/clock.js';
import { formatDuration, formatInteger, formatStopwatch } from '../base/units.js';
import type { SlowTraceSummary, Summary } from '../contracts/summary.js';
import { type Paint, plain } from './terminal-text.js';

/** As many as people read: the summary has more. */
const MOST_LISTED = 3;

/** How many traces there are, the slowest of them, and how to find any. */
export function traceRows({ traces }: Summary, paint: Paint): string[][] {
  if (traces === null) return [];
  const { runTraceId, spans, traces: count, sampleEvery, heldBack } = traces;
  const sampled = sampleEvery === 1 ? 'every event' : `one in ${formatInteger(sampleEvery)} events`;
  const held = heldBack > 0 ? `, ${formatInteger(heldBack)} left out by max-spans` : '';
  const about = `${formatInteger(spans)} spans of ${formatInteger(count)} traces (${sampled}${held}); of the run itself: ${runTraceId}`;
  return [
    ['traces', about],
    ...traces.slowest.slice(0, MOST_LISTED).map((trace) => ['', paint('dim', plain(slowTraceWords(trace)))]),
  ];
}

/** `publish cim.events.orders.Placed took 1.2 s from 0:12, during fault-1: 4bf9…` */
export function slowTraceWords({
  traceId,
  what,
  subject,
  durationNs,
  atNs,
  faults,
}: SlowTraceSummary): string {
  const name = subject === undefined ? what : `${what} ${subject}`;
  const from = atNs === null ? '' : ` from ${formatStopwatch(atNs / NS.s)}`;
  const during = faults.length === 0 ? '' : `, during ${faults.join(', ')}`;
  return `${name} took ${formatDuration(durationNs)}${from}${during}: ${traceId}`;
}
