import type { LoadPlan } from '../contracts/plan/loads.js';

/** Events of several kinds are sampled at the same time, and arrivals are not even. */
const HEADROOM = 2;
/** Whoever begins few may yet begin two of them within a tenth of a second. */
const LEAST_PER_SEC = 10;

/** How many traces a thread of such a load would begin a second at its busiest; Infinity where only the run will tell. */
export function wantedTraces({ schedule, params, workers }: LoadPlan, sampleEvery: number): number {
  if (schedule.mode !== 'open' || schedule.unit === 'bytes') return Number.POSITIVE_INFINITY;
  const { stages, arrival } = schedule;
  if (arrival.kind === 'bursts' || arrival.kind === 'replay') return Number.POSITIVE_INFINITY;
  const peakPerSec = Math.max(...stages.flatMap(({ fromPerSec, toPerSec }) => [fromPerSec, toPerSec]));
  // One in so many has a trace at all; 0, or none told: as many as are sampled.
  const carriedBy = typeof params.traceparent === 'number' ? params.traceparent : 0;
  const perSec = peakPerSec / Math.max(sampleEvery, carriedBy) / workers;
  return Math.max(LEAST_PER_SEC, HEADROOM * perSec);
}
