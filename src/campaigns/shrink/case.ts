import { createHash } from 'node:crypto';
import { formatDuration } from '../../base/units.js';
import type { FaultPlan } from '../../contracts/plan/faults.js';
import type { LoadPlan } from '../../contracts/plan/loads.js';

/** What is varied of a run that fails: all else stays as it was. */
export interface ShrinkCase {
  /** In the order in which they begin, each at a time of its own: none waits for a condition or follows another. */
  readonly faults: readonly FaultPlan[];
  readonly loads: readonly LoadPlan[];
  /** How many nodes the cluster has; absent where that is not ours to say. */
  readonly nodes?: number;
}

/** The same for cases that are the same. */
export const keyOf = ({ faults, loads, nodes }: ShrinkCase): string =>
  createHash('sha256')
    .update(JSON.stringify([faults, loads, nodes]))
    .digest('hex')
    .slice(0, 16);

/** After the start of the load: when the last fault has ended; 0 without faults. */
export const faultsEndNs = ({ faults }: ShrinkCase): number =>
  Math.max(0, ...faults.map(({ atNs, forNs }) => atNs + forNs));

/** When the last load ends that says itself when it does. */
export const loadEndNs = ({ loads }: ShrinkCase): number => Math.max(0, ...loads.map(endNsOf));

/** 0 for a load that lasts as long as the others. */
export function endNsOf({ atNs, schedule }: LoadPlan): number {
  if (schedule.mode !== 'open') return schedule.durationNs === undefined ? 0 : atNs + schedule.durationNs;
  return schedule.stages.reduce((sum, { durationNs }) => sum + durationNs, atNs);
}

/** For people: `2 of 5 faults, held 3 s, 1 load, 12 s long, 3 nodes`. */
export function describeCase(is: ShrinkCase, was: ShrinkCase): string {
  const count = (now: number, before: number, what: string): string => {
    const of = now === before ? '' : ` of ${before}`;
    return `${now}${of} ${what}${(now === before ? now : before) === 1 ? '' : 's'}`;
  };
  const shares = is.loads.flatMap((load) => {
    const before = was.loads.find(({ name }) => name === load.name);
    const [now, full] = [paceOf(load), before === undefined ? 0 : paceOf(before)];
    return now < full ? [now / full] : [];
  });
  return [
    count(is.faults.length, was.faults.length, 'fault'),
    ...(is.faults.length > 0 ? [`held ${formatDuration(heldNs(is)).replace(/^0 ns$/, '0 s')}`] : []),
    count(is.loads.length, was.loads.length, 'load'),
    ...(shares.length > 0 ? [`at 1/${Math.round(1 / Math.min(...shares))} of its pace`] : []),
    `${formatDuration(loadEndNs(is))} long`,
    ...(is.nodes === undefined ? [] : [count(is.nodes, is.nodes, 'node')]),
  ].join(', ');
}

const heldNs = ({ faults }: ShrinkCase): number => faults.reduce((sum, { forNs }) => sum + forNs, 0);

/** How much a load asks for at a time: its highest rate, or how many operations are in flight. */
function paceOf({ schedule }: LoadPlan): number {
  if (schedule.mode === 'closed') return schedule.concurrency;
  if (schedule.mode !== 'open') return 0;
  return Math.max(...schedule.stages.flatMap(({ fromPerSec, toPerSec }) => [fromPerSec, toPerSec]));
}
