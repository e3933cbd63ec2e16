import type { LoadPlan } from '../contracts/plan.js';

/**
 * From the start of the run's load until no further operation of this one is due, in nanoseconds; 0 for one that lasts
 * until the others have ended.
 */
export function scheduleEndNs({ atNs, schedule }: Pick<LoadPlan, 'atNs' | 'schedule'>): number {
  switch (schedule.mode) {
    case 'open':
      return atNs + schedule.stages.reduce((sum, stage) => sum + stage.durationNs, 0);
    case 'follow':
      return schedule.durationNs === undefined ? 0 : atNs + schedule.durationNs;
    default:
      return atNs + schedule.durationNs;
  }
}
