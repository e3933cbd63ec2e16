import type { LoadPlan } from '../../contracts/plan/loads.js';
import type { LoadSchedule, Stage } from '../../contracts/plan/schedule.js';
import { endNsOf, type ShrinkCase } from './case.js';

/**
 * A case without a stretch of time: what comes after it comes so much sooner, and loads are shorter by what they did
 * meanwhile. A load that would have nothing left goes, and so does one that would only be warming up.
 *
 * @param toNs infinite for all the rest
 */
export function cutTime(from: ShrinkCase, fromNs: number, toNs: number): ShrinkCase {
  return {
    ...from,
    faults: from.faults.map((fault) =>
      fault.atNs >= toNs ? { ...fault, atNs: fault.atNs - (toNs - fromNs) } : fault,
    ),
    loads: from.loads.flatMap((load) => cutLoad(load, fromNs, toNs)),
  };
}

function cutLoad(load: LoadPlan, fromNs: number, toNs: number): LoadPlan[] {
  const { atNs, warmUpNs, schedule } = load;
  if (fromNs <= 0 && toNs === Number.POSITIVE_INFINITY) return [];
  if (schedule.mode === 'open' && schedule.arrival.kind === 'replay') return [load];
  // Within its own time.
  const begins = Math.max(0, fromNs - atNs);
  const ends = Math.max(0, toNs - atNs);
  const movedNs = Math.max(0, Math.min(toNs, atNs) - fromNs);
  const warm = Math.max(0, warmUpNs - Math.max(0, Math.min(ends, warmUpNs) - begins));
  const moved = { ...load, atNs: atNs - movedNs, warmUpNs: warm };
  if (schedule.mode === 'follow' && schedule.durationNs === undefined) return [moved];
  const lastsNs = endNsOf(load) - atNs;
  const leftNs = lastsNs - Math.max(0, Math.min(ends, lastsNs) - begins);
  if (leftNs <= warm) return [];
  if (leftNs === lastsNs) return [moved];
  return [{ ...moved, schedule: shortened(schedule, leftNs, begins, ends) }];
}

function shortened(schedule: LoadSchedule, leftNs: number, beginNs: number, endNs: number): LoadSchedule {
  if (schedule.mode !== 'open') return { ...schedule, durationNs: leftNs };
  const { count, ...open } = schedule;
  const stages = joined([
    ...slice(open.stages, 0, beginNs),
    ...slice(open.stages, endNs, Number.POSITIVE_INFINITY),
  ]);
  // What a count ends is in the stages already, unless they are of bytes.
  return { ...open, stages, ...(open.unit === 'bytes' && count !== undefined && { count }) };
}

/** What lies between two times after the beginning of the first stage. */
function slice(stages: readonly Stage[], fromNs: number, toNs: number): readonly Stage[] {
  let beginNs = 0;
  return stages.flatMap((stage): Stage[] => {
    const { fromPerSec, toPerSec, durationNs } = stage;
    const first = Math.max(0, fromNs - beginNs);
    const last = Math.min(durationNs, toNs - beginNs);
    beginNs += durationNs;
    if (last <= first) return [];
    const rateAt = (ns: number): number => fromPerSec + ((toPerSec - fromPerSec) * ns) / durationNs;
    return [{ fromPerSec: rateAt(first), toPerSec: rateAt(last), durationNs: last - first }];
  });
}

/** Neighbours that hold the same rate are one stage. */
function joined(stages: readonly Stage[]): readonly Stage[] {
  const all: Stage[] = [];
  for (const stage of stages) {
    const last = all.at(-1);
    const isSame =
      last !== undefined &&
      [last.fromPerSec, stage.fromPerSec, stage.toPerSec].every((r) => r === last.toPerSec);
    if (isSame) all[all.length - 1] = { ...last, durationNs: last.durationNs + stage.durationNs };
    else all.push(stage);
  }
  return all;
}
