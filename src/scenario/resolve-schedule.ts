import { NS } from '../base/clock.js';
import { RateIntegral } from '../base/rate-integral.js';
import { formatCount, formatDuration, formatInteger } from '../base/units.js';
import type { LoadKindFacts } from '../contracts/load.js';
import type { LoadPlan } from '../contracts/plan/loads.js';
import type { Arrival, LoadSchedule, ScheduleMode, Stage } from '../contracts/plan/schedule.js';
import type { ArrivalInput, LoadInput } from './load-schema.js';
import type { Findings, Path } from './problem.js';
import { MAX_DURATION_NS } from './quantities.js';
import { cutAt, type ResolvedStages, resolveStages } from './resolve-stages.js';

/** Where only a count says when a load without due times is over, it is over then at the latest. */
const COUNTED_AT_MOST_NS = 10 * NS.min;
/** A stamp has so many bits for the number of an operation among its writer's. */
const MAX_OPERATIONS_OF_WORKER = 2 ** 40;

/** What a kind takes, as a scenario writes it. */
const WAYS: Readonly<Record<ScheduleMode, string>> = {
  open: '`rate: 5k/s` with `for: 60s`, or `stages`',
  max: '`rate: max` with `for: 60s`',
  closed: '`concurrency: 10` with `for: 60s`',
  follow: '`for` alone, or nothing: it lasts as long as the others',
};

type Input = Pick<
  LoadInput,
  'kind' | 'rate' | 'stages' | 'for' | 'count' | 'arrival' | 'concurrency' | 'warm-up' | 'workers'
>;

/** When a load's operations are due; `undefined` when the scenario does not say it in one way, or its kind cannot. */
export function resolveSchedule(
  input: Input,
  facts: Pick<LoadKindFacts, 'schedules' | 'acknowledged'>,
  path: Path,
  findings: Findings,
): LoadSchedule | undefined {
  const before = findings.all.length;
  const mode = modeOf(input, facts, path, findings);
  if (mode === undefined) return undefined;
  refuseStray(input, mode, path, findings);
  const schedule = scheduleOf(input, mode, path, findings);
  if (schedule !== undefined) refuseUnfit(input, schedule, path, findings);
  return findings.all.length > before ? undefined : schedule;
}

function modeOf(
  { kind, rate, stages, concurrency }: Input,
  { schedules, acknowledged }: Pick<LoadKindFacts, 'schedules' | 'acknowledged'>,
  path: Path,
  findings: Findings,
): ScheduleMode | undefined {
  if (rate !== undefined && stages !== undefined) {
    const message = 'a load has a rate or stages, not both';
    findings.addAtKey([...path, 'stages'], message, 'Leave one of the two out.');
    return undefined;
  }
  const key = stages !== undefined ? 'stages' : 'rate';
  const hasRate = (rate ?? stages) !== undefined;
  if (concurrency !== undefined && hasRate) {
    const message = `with \`concurrency\` an operation begins when another has its answer, and not by \`${key}\``;
    findings.addAtKey([...path, 'concurrency'], message, 'Leave one of the two out.');
    return undefined;
  }
  const mode =
    concurrency !== undefined
      ? 'closed'
      : rate === 'max'
        ? 'max'
        : hasRate
          ? 'open'
          : schedules.find(isFollow);
  if (mode === undefined) {
    findings.add(path, 'the load says no rate', `Write ${waysOf(schedules)}.`);
    return undefined;
  }
  if (schedules.includes(mode)) return mode;
  const at = [...path, mode === 'closed' ? 'concurrency' : key];
  if (schedules.every(isFollow)) {
    const what = mode === 'closed' ? 'concurrency' : 'rate';
    findings.addAtKey(
      at,
      `\`${kind}\` has no ${what}: it lasts as long as the others, or \`for\``,
      'Leave it out.',
    );
  } else {
    const what = { open: 'rate', max: '`rate: max`', closed: 'concurrency', follow: '' }[mode];
    const why = mode === 'closed' && !acknowledged ? ', because its operations have no answer' : '';
    findings.addAtKey(at, `\`${kind}\` takes no ${what}${why}`, `Write ${waysOf(schedules)}.`);
  }
  return undefined;
}

const isFollow = (mode: ScheduleMode): boolean => mode === 'follow';

const waysOf = (schedules: readonly ScheduleMode[]): string =>
  schedules.map((mode) => WAYS[mode]).join('; or ');

/** Keys that mean nothing to a schedule of this mode. */
function refuseStray(input: Input, mode: ScheduleMode, path: Path, findings: Findings): void {
  const refuse = (key: keyof Input, message: string) => {
    if (input[key] !== undefined) findings.addAtKey([...path, key], message, 'Leave it out.');
  };
  if (input.stages !== undefined) {
    refuse('for', '`for` goes with a rate; stages say themselves how long they last');
  }
  if (mode !== 'open') {
    refuse('arrival', '`arrival` says how operations are spread within a rate, and this load has none');
  }
  if (mode === 'follow') {
    refuse('count', `\`${input.kind}\` without a rate has no operations of its own to count`);
  }
}

function scheduleOf(
  input: Input,
  mode: ScheduleMode,
  path: Path,
  findings: Findings,
): LoadSchedule | undefined {
  const { concurrency = 1, count, for: durationNs } = input;
  const counted = count === undefined ? {} : { count };
  if (mode === 'follow') return { mode, ...(durationNs !== undefined && { durationNs }) };
  if (mode === 'open') {
    const resolved = openStages(input, path, findings);
    return resolved && { mode, ...resolved, arrival: arrivalOf(input.arrival), ...counted };
  }
  if (durationNs === undefined && count === undefined) {
    findings.add(
      path,
      'the key `for` is missing: how long the load lasts',
      'Write `for: 60s`, or `count: 1M`.',
    );
    return undefined;
  }
  const lastsNs = durationNs ?? COUNTED_AT_MOST_NS;
  return mode === 'closed'
    ? { mode, concurrency, durationNs: lastsNs, ...counted }
    : { mode, durationNs: lastsNs, ...counted };
}

function openStages(input: Input, path: Path, findings: Findings): ResolvedStages | undefined {
  const { rate, stages, count, for: durationNs } = input;
  if (stages !== undefined) {
    const resolved = resolveStages(stages, path, findings);
    return resolved && untilCount(resolved, count);
  }
  if (rate === undefined || rate === 'max') return undefined;
  const { unit, perSec } = rate;
  if (durationNs === undefined && (count === undefined || unit === 'bytes')) {
    const why = count === undefined ? '' : ', because a rate in bytes does not say when the count is reached';
    findings.add(path, `the key \`for\` is missing: how long the rate lasts${why}`, 'Write `for: 60s`.');
    return undefined;
  }
  const lastsNs = durationNs ?? Math.ceil(((count as number) / perSec) * NS.s);
  return untilCount({ stages: [{ fromPerSec: perSec, toPerSec: perSec, durationNs: lastsNs }], unit }, count);
}

/** Whichever ends it first. How many bytes an operation has is known only when the load is made. */
const untilCount = ({ stages, unit }: ResolvedStages, count: number | undefined): ResolvedStages =>
  count === undefined || unit === 'bytes' ? { stages, unit } : { stages: cutAt(stages, count), unit };

function arrivalOf(input: ArrivalInput | undefined): Arrival {
  if (input === undefined || typeof input === 'string') return { kind: input ?? 'constant' };
  return { kind: 'bursts', size: input.bursts };
}

/** What the schedule says in one way, and cannot be kept. */
export function refuseUnfit(
  input: Pick<Input, 'workers' | 'warm-up'>,
  schedule: LoadSchedule,
  path: Path,
  findings: Findings,
): void {
  const { workers } = input;
  const operations = operationsOf(schedule);
  if (operations !== undefined && operations < 1) {
    const message = 'this load asks for no operation at all: its rate is too low for its length';
    findings.add(path, message, 'Raise the rate or the time.');
  }
  if (operations !== undefined && operations / workers > MAX_OPERATIONS_OF_WORKER) {
    const message = `this load asks for ${formatCount(operations)} operations, and a worker can number ${formatInteger(MAX_OPERATIONS_OF_WORKER)}`;
    findings.add(path, message, 'Lower the rate or the time.');
  }
  if (schedule.mode === 'closed' && schedule.concurrency < workers) {
    const message = `${schedule.concurrency} at a time cannot be shared by ${workers} workers: each has at least one`;
    findings.add([...path, 'concurrency'], message, 'Raise it, or lower `workers`.');
  }
  const lastsNs = durationOf(schedule);
  if (lastsNs !== undefined && lastsNs > MAX_DURATION_NS) {
    const message = `this load would last ${formatDuration(lastsNs)}, and a load lasts 30 days at most`;
    findings.add(path, message, 'Raise the rate, or lower the count or the time.');
  }
  if (input['warm-up'] !== undefined && lastsNs !== undefined && input['warm-up'] >= lastsNs) {
    findings.add([...path, 'warm-up'], 'the warm-up takes all of the load', 'Make the load longer.');
  }
}

/** How many operations a schedule asks for, all workers together; `undefined` when only the run will tell. */
export function operationsOf(schedule: LoadSchedule): number | undefined {
  if (schedule.mode === 'follow') return undefined;
  if (schedule.mode !== 'open' || schedule.unit === 'bytes') return schedule.count;
  return operationsIn(schedule.stages);
}

// What is that close to a whole number is meant to be whole.
const operationsIn = (stages: readonly Stage[]): number => new RateIntegral(stages).total + 1e-6;

function durationOf(schedule: LoadSchedule): number | undefined {
  if (schedule.mode !== 'open') return schedule.durationNs;
  return schedule.stages.reduce((sum, { durationNs }) => sum + durationNs, 0);
}

/** From the start of the run's load until nothing more of this one is due, in nanoseconds; 0 for one that follows. */
export function endNsOf({ atNs, schedule }: Pick<LoadPlan, 'atNs' | 'schedule'>): number {
  const lastsNs = durationOf(schedule);
  return lastsNs === undefined ? 0 : atNs + lastsNs;
}
