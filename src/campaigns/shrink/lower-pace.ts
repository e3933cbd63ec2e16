import type { LoadPlan } from '../../contracts/plan/loads.js';
import type { LoadSchedule } from '../../contracts/plan/schedule.js';

/** A load that asks for so much of what it asked for, a share below 1; as it is, where it has no pace of its own. */
export function lowerPace(load: LoadPlan, share: number): LoadPlan {
  const schedule = lowerSchedule(load.schedule, share);
  if (schedule === load.schedule) return load;
  const workers = schedule.mode === 'closed' ? Math.min(load.workers, schedule.concurrency) : load.workers;
  return { ...load, schedule, workers };
}

function lowerSchedule(schedule: LoadSchedule, share: number): LoadSchedule {
  const fewer = (count: number): number => Math.max(1, Math.round(count * share));
  if (schedule.mode === 'follow') return schedule;
  if (schedule.mode === 'max') {
    return schedule.count === undefined ? schedule : { ...schedule, count: fewer(schedule.count) };
  }
  if (schedule.mode === 'closed') {
    const { concurrency, count } = schedule;
    return {
      ...schedule,
      concurrency: fewer(concurrency),
      ...(count !== undefined && { count: fewer(count) }),
    };
  }
  if (schedule.arrival.kind === 'replay') return schedule;
  const { count, ...open } = schedule;
  const lower = (perSec: number): number => (perSec === 0 ? 0 : fewer(perSec));
  return {
    ...open,
    stages: open.stages.map(({ fromPerSec, toPerSec, durationNs }) => ({
      fromPerSec: lower(fromPerSec),
      toPerSec: lower(toPerSec),
      durationNs,
    })),
    // What a count ends is in the stages already, unless they are of bytes.
    ...(open.unit === 'bytes' && count !== undefined && { count: fewer(count) }),
  };
}
