import type { LoadPlan } from '../contracts/plan/loads.js';

/** Of so many that all workers have together, those of one; at least one. */
export function shareOf(total: number, worker: number, workers: number): number {
  return Math.max(1, Math.ceil((total - worker) / workers));
}

/** How many operations a worker may have in flight: its share of the load's, where that says how many; else `window`. */
export function inFlightOf(
  { schedule, workers }: Pick<LoadPlan, 'schedule' | 'workers'>,
  worker: number,
  window: number,
): number {
  return schedule.mode === 'closed' ? shareOf(schedule.concurrency, worker, workers) : window;
}
