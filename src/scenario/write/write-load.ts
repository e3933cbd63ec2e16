import type { LoadPlan } from '../../contracts/plan/loads.js';
import type { LoadSchedule, Stage } from '../../contracts/plan/schedule.js';
import { writeByteRate, writeDuration, writeRate } from './exact-quantities.js';

/** The keys by which a load says its pace and its length. */
export const PACE_KEYS = ['rate', 'stages', 'concurrency', 'for', 'count'] as const;

/** The pace of a load as a scenario writes it: some of the keys above. Arrivals and replays are not among them. */
export function writePace(schedule: LoadSchedule): Record<string, unknown> {
  const count = 'count' in schedule && schedule.count !== undefined ? { count: schedule.count } : {};
  switch (schedule.mode) {
    case 'follow':
      return schedule.durationNs === undefined ? {} : { for: writeDuration(schedule.durationNs) };
    case 'max':
      return { rate: 'max', for: writeDuration(schedule.durationNs), ...count };
    case 'closed':
      return { concurrency: schedule.concurrency, for: writeDuration(schedule.durationNs), ...count };
    case 'open': {
      if (schedule.arrival.kind === 'replay') return {};
      const rate = schedule.unit === 'bytes' ? writeByteRate : writeRate;
      const [first, ...more] = schedule.stages as readonly [Stage, ...Stage[]];
      if (more.length === 0 && first.fromPerSec === first.toPerSec) {
        return { rate: rate(first.toPerSec), for: writeDuration(wholeNs(first)), ...count };
      }
      return { stages: schedule.stages.map((stage) => writeStage(stage, rate)), ...count };
    }
  }
}

function writeStage(stage: Stage, rate: (perSec: number) => string): Record<string, string> {
  const { fromPerSec, toPerSec } = stage;
  const lasts = writeDuration(wholeNs(stage));
  return fromPerSec === toPerSec
    ? { step: rate(toPerSec), for: lasts }
    : { from: rate(fromPerSec), to: rate(toPerSec), over: lasts };
}

const wholeNs = ({ durationNs }: Stage): number => Math.max(1, Math.round(durationNs));

/** Everything by which a load of a plan may have become smaller than the scenario has it. */
export function writeLoadChange(is: LoadPlan, was: LoadPlan): Record<string, unknown> {
  const isSame = JSON.stringify(is.schedule) === JSON.stringify(was.schedule);
  const pace = isSame
    ? {}
    : { ...Object.fromEntries(PACE_KEYS.map((key) => [key, undefined])), ...writePace(is.schedule) };
  return {
    ...pace,
    ...(is.atNs !== was.atNs && { at: is.atNs === 0 ? undefined : writeDuration(Math.round(is.atNs)) }),
    ...(is.warmUpNs !== was.warmUpNs && {
      'warm-up': is.warmUpNs === 0 ? undefined : writeDuration(Math.round(is.warmUpNs)),
    }),
    ...(is.workers !== was.workers && { workers: is.workers }),
  };
}
