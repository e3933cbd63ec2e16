import { basename } from 'node:path';
import { formatByteRate, formatDuration, formatInteger, formatRate } from '../base/units.js';
import type { FaultPlan } from '../contracts/plan/faults.js';
import type { LoadPlan } from '../contracts/plan/loads.js';
import type { Arrival, LoadSchedule, Stage } from '../contracts/plan/schedule.js';
import type { TargetPlan } from '../contracts/plan/target.js';
import type { Plan } from '../contracts/plan.js';

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
  return [
    ...plan.loads.flatMap(loadMoments),
    ...plan.faults.flatMap((fault) => faultMoments(fault, plan.faults)),
  ].sort((a, b) => a.atNs - b.atNs || ORDER.indexOf(a.what) - ORDER.indexOf(b.what));
}

const ORDER: readonly Moment['what'][] = [
  'load-starts',
  'load-changes',
  'fault-ends',
  'fault-begins',
  'load-ends',
];

function loadMoments(load: LoadPlan): Moment[] {
  const { name, kind, domains, schedule, atNs, warmUpNs } = load;
  const moment = (at: number, what: Moment['what'], text: string): Moment => ({
    atNs: at,
    what,
    of: name,
    text,
  });
  const starts = `${kind} ${name} starts${domains.length > 0 ? ` (${domains.join(', ')})` : ''}`;
  const pace = paceOf(schedule);
  const moments = [moment(atNs, 'load-starts', pace === '' ? starts : `${starts}: ${pace}`)];
  if (warmUpNs > 0)
    moments.push(moment(atNs + warmUpNs, 'load-changes', `${name} is warm: from here on it counts`));
  const ends = `${name} ends${isCounted(schedule) ? ' at the latest' : ''}`;
  if (schedule.mode !== 'open') {
    if (schedule.durationNs === undefined) return moments;
    return [...moments, moment(atNs + schedule.durationNs, 'load-ends', ends)];
  }
  let stageNs = atNs;
  for (const [i, stage] of schedule.stages.entries()) {
    if (i > 0) moments.push(moment(stageNs, 'load-changes', `${name}: ${stageText(stage, schedule.unit)}`));
    stageNs += stage.durationNs;
  }
  return [...moments, moment(stageNs, 'load-ends', ends)];
}

function paceOf(schedule: LoadSchedule): string {
  switch (schedule.mode) {
    case 'open': {
      const { stages, unit, arrival } = schedule;
      if (arrival.kind === 'replay') {
        const { file, speed } = arrival;
        return `${formatInteger(file.records)} records of ${basename(file.path)}, ${speed} times as fast as they happened`;
      }
      return `${stageText(stages[0] as Stage, unit)}${arrivalText(arrival)}${countText(schedule)}`;
    }
    case 'max':
      return `as fast as it can${countText(schedule)}`;
    case 'closed':
      return `${formatInteger(schedule.concurrency)} in flight${countText(schedule)}`;
    case 'follow':
      return schedule.durationNs === undefined ? 'until the others end' : '';
  }
}

function arrivalText(arrival: Arrival): string {
  if (arrival.kind === 'poisson') return ', as Poisson arrivals';
  return arrival.kind === 'bursts' ? `, ${formatInteger(arrival.size)} at a time` : '';
}

const countText = ({ count }: Exclude<LoadSchedule, { mode: 'follow' }>): string =>
  count === undefined ? '' : `, ${formatInteger(count)} in all`;

/** Whether only the run will tell when it ends. */
const isCounted = (schedule: LoadSchedule): boolean =>
  schedule.mode !== 'follow' &&
  schedule.count !== undefined &&
  (schedule.mode !== 'open' || schedule.unit === 'bytes');

function stageText({ fromPerSec, toPerSec, durationNs }: Stage, unit: 'operations' | 'bytes'): string {
  const rate = unit === 'bytes' ? formatByteRate : formatRate;
  return fromPerSec === toPerSec
    ? `${rate(toPerSec)} for ${formatDuration(durationNs)}`
    : `${rate(fromPerSec)} to ${rate(toPerSec)} over ${formatDuration(durationNs)}`;
}

function faultMoments(fault: FaultPlan, faults: readonly FaultPlan[]): Moment[] {
  const { id, kind, atNs, forNs, target, when, follows } = fault;
  const hit = `${id} ${kind} on ${formatTarget(target)}`;
  const held = forNs > 0 ? `, for ${formatDuration(forNs)}` : '';
  const begins = (text: string): Moment => ({
    atNs,
    what: 'fault-begins',
    of: id,
    text: `${hit} ${text}${held}`,
  });
  if (when !== undefined) {
    return [begins(`waits for ${when.condition.text}, ${formatDuration(when.withinNs)} at the most`)];
  }
  const after = follows === undefined ? '' : ` ${followText(follows)}`;
  if (isConditional(fault, faults)) return [begins(`begins${after}, not before this`)];
  if (forNs === 0) return [begins(`begins${after}`)];
  const ends: Moment = { atNs: atNs + forNs, what: 'fault-ends', of: id, text: `${hit} is healed` };
  return [begins(`begins${after}`), ends];
}

function followText({ fault, since, afterNs }: NonNullable<FaultPlan['follows']>): string {
  const later = afterNs === 0 ? '' : `${formatDuration(afterNs)} `;
  if (since === 'begin') return `${later}after ${fault} has begun`;
  return later === '' ? `when ${fault} is healed` : `${later}after ${fault} is healed`;
}

/** Whether only the run will tell when it begins: what it follows, near or far, waits for a condition. */
function isConditional({ when, follows }: FaultPlan, faults: readonly FaultPlan[]): boolean {
  if (when !== undefined) return true;
  const other = follows && faults.find(({ id }) => id === follows.fault);
  return other !== undefined && isConditional(other, faults);
}

/** `n2`, `n2 (drawn)`, `minority: n1 (drawn)`, `leader`, `stream-leader(ORDERS)`. */
export function formatTarget(target: TargetPlan): string {
  switch (target.role) {
    case 'node':
      return target.drawn ? `${target.node} (drawn)` : target.node;
    case 'nodes': {
      const names = target.nodes.join(', ');
      if (target.drawn) return `${target.text}: ${names} (drawn)`;
      return target.text === names ? names : `${target.text}: ${names}`;
    }
    case 'stream-leader':
      return `stream-leader(${target.stream})`;
    case 'stream-follower':
      return `follower(${target.stream})`;
    case 'consumer-leader':
      return `consumer-leader(${target.stream}, ${target.consumer})`;
    case 'leader':
    case 'follower':
    case 'most-clients':
      return target.role;
    case 'no-node':
      return target.touched.join(', ');
  }
}

/** The timeline as lines for people, and what keeps it within bounds: `    20 s  fault-1 node-kill on … begins, for 10 s`. */
export function formatTimeline(plan: Plan): string {
  const moments = timelineOf(plan).map(({ atNs, text }) => ({
    at: formatDuration(atNs).replace(/^0 ns$/, '0 s'),
    text,
  }));
  const width = Math.max(0, ...moments.map(({ at }) => at.length));
  const lines = moments.map(({ at, text }) => `${at.padStart(width)}  ${text}`);
  return [...lines, ...boundsOf(plan), ...alertLines(plan)].join('\n');
}

/** Which alerts must fire, and by what the times of their rules are divided. */
function alertLines({ alerts }: Plan): readonly string[] {
  if (alerts === undefined) return [];
  const expected = alerts.expectations.map(({ alert, after, withinNs, resolvesWithinNs }) => {
    const resolves =
      resolvesWithinNs === undefined ? '' : `, resolved within ${formatDuration(resolvesWithinNs)}`;
    return `${alert} within ${formatDuration(withinNs)} after ${after}${resolves}`;
  });
  const others = alerts.only ? ['no other page'] : [];
  return [`alerts, times of the rules divided by ${alerts.factor}: ${[...expected, ...others].join('; ')}`];
}

function boundsOf({ guards, steadyState }: Plan): readonly string[] {
  const { atMost, longestNs, abortOn, stopFile, allowsQuorumLoss } = guards;
  const guarded = [
    ...(atMost === undefined ? [] : [`at most ${atMost} ${atMost === 1 ? 'fault' : 'faults'} at a time`]),
    ...(longestNs === undefined ? [] : [`none for longer than ${formatDuration(longestNs)}`]),
    ...abortOn.map(({ text }) => `the run ends when ${text}`),
    ...(stopFile === undefined ? [] : [`the run stops when ${stopFile} is there`]),
    ...(allowsQuorumLoss ? ['quorums may be lost'] : []),
  ];
  const { probes, everyNs, recoverWithinNs } = steadyState;
  const steady = [
    ...probes.map(({ name, throughout }) => (throughout ? `${name} (throughout)` : name)),
    ...(everyNs > 0 ? [`looked at every ${formatDuration(everyNs)}`] : []),
    ...(recoverWithinNs === undefined ? [] : [`again ${formatDuration(recoverWithinNs)} after a fault`]),
  ];
  return [
    ...(guarded.length === 0 ? [] : [`guards: ${guarded.join('; ')}`]),
    ...(steady.length === 0 ? [] : [`steady state: ${steady.join('; ')}`]),
  ];
}
