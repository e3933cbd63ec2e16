import type { LoadPlan } from '../contracts/plan/loads.js';

/** When a load's warm-up is over, after the start of the run's load; undefined when it has none. */
export function warmUpEndNs({ atNs, warmUpNs }: Pick<LoadPlan, 'atNs' | 'warmUpNs'>): number | undefined {
  return warmUpNs > 0 ? atNs + warmUpNs : undefined;
}

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

/** The same for a load among others: one that follows them ends when the last of them does. */
export function endAmong(
  load: Pick<LoadPlan, 'atNs' | 'schedule'>,
  loads: readonly Pick<LoadPlan, 'atNs' | 'schedule'>[],
): number {
  return scheduleEndNs(load) || Math.max(0, ...loads.map(scheduleEndNs));
}

/** Only the run tells when such a load ends: with the others, or with a count that is reached nobody knows when. */
export function mayEndEarly({ schedule }: Pick<LoadPlan, 'schedule'>): boolean {
  if (schedule.mode === 'follow') return schedule.durationNs === undefined;
  if (schedule.mode === 'open' && schedule.unit === 'operations') return false;
  return schedule.count !== undefined;
}
