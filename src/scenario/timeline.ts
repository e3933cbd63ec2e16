import { formatDuration, formatRate } from '../base/units.js';
import type { FaultPlan, LoadPlan, Plan, TargetPlan } from '../contracts/plan.js';

/** Something that will happen in a run, as far as the plan knows it. */
export interface Moment {
  /** After the start of the load. */
  readonly atNs: number;
  readonly what: 'load-starts' | 'load-changes' | 'load-ends' | 'fault-begins' | 'fault-ends';
  /** The load's name or the fault's id. */
  readonly of: string;
  readonly text: string;
}

/** What happens when, in order. Of what is due at the same time, loads start first and end last. */
export function timelineOf(plan: Plan): readonly Moment[] {
  return [...plan.loads.flatMap(loadMoments), ...plan.faults.flatMap(faultMoments)].sort(
    (a, b) => a.atNs - b.atNs || ORDER.indexOf(a.what) - ORDER.indexOf(b.what),
  );
}

const ORDER: readonly Moment['what'][] = [
  'load-starts',
  'load-changes',
  'fault-ends',
  'fault-begins',
  'load-ends',
];

function loadMoments(load: LoadPlan): Moment[] {
  const { name, kind, domains, schedule, atNs } = load;
  const starts = `${kind} ${name} starts${domains.length > 0 ? ` (${domains.join(', ')})` : ''}`;
  const moment = (at: number, what: Moment['what'], text: string): Moment => ({
    atNs: at,
    what,
    of: name,
    text,
  });
  if (schedule.mode !== 'open') {
    const pace = {
      max: 'as fast as it can',
      closed: `${schedule.mode === 'closed' ? schedule.concurrency : 0} at a time`,
      follow: schedule.mode === 'follow' && schedule.durationNs === undefined ? 'until the others end' : '',
    }[schedule.mode];
    const begins = moment(atNs, 'load-starts', pace ? `${starts}: ${pace}` : starts);
    if (schedule.durationNs === undefined) return [begins];
    return [begins, moment(atNs + schedule.durationNs, 'load-ends', `${name} ends`)];
  }
  const moments: Moment[] = [];
  let stageNs = atNs;
  for (const { fromPerSec, toPerSec, durationNs } of schedule.stages) {
    const rate =
      fromPerSec === toPerSec
        ? `${formatRate(toPerSec)} for ${formatDuration(durationNs)}`
        : `${formatRate(fromPerSec)} to ${formatRate(toPerSec)} over ${formatDuration(durationNs)}`;
    if (moments.length === 0) moments.push(moment(stageNs, 'load-starts', `${starts}: ${rate}`));
    else moments.push(moment(stageNs, 'load-changes', `${name}: ${rate}`));
    stageNs += durationNs;
  }
  return [...moments, moment(stageNs, 'load-ends', `${name} ends`)];
}

function faultMoments({ id, kind, atNs, forNs, target }: FaultPlan): Moment[] {
  const hit = `${id} ${kind} on ${formatTarget(target)}`;
  return [
    { atNs, what: 'fault-begins', of: id, text: `${hit} begins, for ${formatDuration(forNs)}` },
    { atNs: atNs + forNs, what: 'fault-ends', of: id, text: `${hit} is healed` },
  ];
}

/** `n2`, `n2 (drawn)`, `leader`, `stream-leader(ORDERS)`. */
export function formatTarget(target: TargetPlan): string {
  switch (target.role) {
    case 'node':
      return target.drawn ? `${target.node} (drawn)` : target.node;
    case 'stream-leader':
      return `stream-leader(${target.stream})`;
    case 'leader':
      return 'leader';
  }
}

/** The timeline as lines for people: `    20 s  fault-1 node-kill on … begins, for 10 s`. */
export function formatTimeline(plan: Plan): string {
  const moments = timelineOf(plan).map(({ atNs, text }) => ({
    at: formatDuration(atNs).replace(/^0 ns$/, '0 s'),
    text,
  }));
  const width = Math.max(0, ...moments.map(({ at }) => at.length));
  return moments.map(({ at, text }) => `${at.padStart(width)}  ${text}`).join('\n');
}
