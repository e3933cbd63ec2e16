import type { LoadSchedule } from '../contracts/plan.js';

/** From the start of a load until no further operation is due, in nanoseconds. */
export function scheduleDurationNs(schedule: LoadSchedule): number {
  if (schedule.mode === 'max') return schedule.durationNs;
  return schedule.stages.reduce((sum, stage) => sum + stage.durationNs, 0);
}
