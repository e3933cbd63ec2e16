import { NS } from '../base/clock.js';
import { formatInteger } from '../base/units.js';
import type { LoadKindFacts } from '../contracts/load.js';
import type { EventKind } from '../contracts/plan/events.js';
import type { RecordFilePlan } from '../contracts/plan/record-file.js';
import type { LoadSchedule } from '../contracts/plan/schedule.js';
import type { LoadInput } from './load-schema.js';
import type { Findings, Path } from './problem.js';
import { operationsOf, refuseUnfit } from './resolve-schedule.js';

/** A load takes some time, even where all its records happened at once. */
const SHORTEST_NS = NS.ms;
const ELSEWHERE = ['rate', 'stages', 'concurrency', 'for', 'count', 'arrival'] as const;

/** The schedule of a load that replays its file; `undefined` when it cannot. */
export function resolveReplay(
  input: LoadInput,
  { events: sendsEvents, schedules }: Pick<LoadKindFacts, 'events' | 'schedules'>,
  events: readonly EventKind[],
  path: Path,
  findings: Findings,
): LoadSchedule | undefined {
  const { replay } = input;
  if (replay === undefined) return undefined;
  const before = findings.all.length;
  const at = [...path, 'replay'];
  for (const key of ELSEWHERE) {
    if (input[key] === undefined) continue;
    findings.addAtKey(
      [...path, key],
      'with `replay` the file says when its records are due',
      'Leave it out.',
    );
  }
  if (!sendsEvents || !schedules.includes('open')) {
    findings.addAtKey(at, `\`${input.kind}\` cannot replay a file`, 'Use `publish` or `js-publish`.');
    return undefined;
  }
  const file = soleFile(events);
  if (file === undefined) {
    const message =
      'a replay sends the records of one file and nothing else, and the domains of this load do not';
    findings.addAtKey(at, message, 'Give it `domains` whose events have a `payload` with a `file`.');
  } else if (file.time === undefined) {
    const message = 'nothing says when the records of the file happened';
    findings.addAtKey(at, message, 'Write `time` into its `payload`: the name of that field.');
  } else if (file.repeat) {
    findings.addAtKey(
      at,
      'a replay ends with its file, and this one has `repeat: true`',
      'Leave one of the two out.',
    );
  }
  if (file === undefined || findings.all.length > before) return undefined;
  const durationNs = Math.max(SHORTEST_NS, file.spanNs / replay.speed);
  const perSec = file.records / (durationNs / NS.s);
  const schedule: LoadSchedule = {
    mode: 'open',
    stages: [{ fromPerSec: perSec, toPerSec: perSec, durationNs }],
    unit: 'operations',
    arrival: { kind: 'replay', file, speed: replay.speed },
  };
  refuseUnfit(input, schedule, path, findings);
  return findings.all.length > before ? undefined : schedule;
}

/**
 * A schedule that ends where a file does that is not repeated. What asks for more records than there are is wrong where
 * that can be known.
 */
export function fitToRecords(
  schedule: LoadSchedule,
  events: readonly EventKind[],
  path: Path,
  findings: Findings,
): LoadSchedule {
  const ending = fileOf(events.find((event) => fileOf(event)?.repeat === false));
  if (ending === undefined || schedule.mode === 'follow') return schedule;
  const { records } = ending;
  if (soleFile(events) === undefined) {
    const message = 'a file of this load ends, and with it would end the events beside it';
    findings.add(path, message, 'Write `repeat: true` into its `payload`, or give it a load of its own.');
    return schedule;
  }
  const asked = operationsOf(schedule);
  if (asked !== undefined && Math.floor(asked) > records) {
    const message = `this load asks for ${formatInteger(asked)} events, and its file ends after ${formatInteger(records)} records`;
    findings.add(path, message, 'Write `repeat: true` into its `payload`, or ask for less.');
  }
  return asked === undefined ? { ...schedule, count: records } : schedule;
}

/** The one file that all these events come from; `undefined` when some do not. */
function soleFile(events: readonly EventKind[]): RecordFilePlan | undefined {
  const file = fileOf(events[0]);
  return events.every((event) => fileOf(event) === file) ? file : undefined;
}

/** The same object for all events of one entry of the mix. */
const fileOf = (event: EventKind | undefined): RecordFilePlan | undefined =>
  event?.payload?.kind === 'file' ? event.payload.file : undefined;
