import type { Random } from '../../base/random.js';
import { formatDuration } from '../../base/units.js';
import { parsePart } from '../parse-part.js';
import type { Findings, Path } from '../problem.js';
import { commonOf, type Draft, drawFault, LOAD_CLOCK } from './draft.js';
import { type FaultScene, isShortEnough } from './fault-scene.js';
import { type EntryInput, type StepInput, sequenceSchema } from './fault-schema.js';
import { readFault } from './read-fault.js';
import { expandSequence, longestSpanNs, type SequenceBegin, type Step } from './sequence.js';
import { occurrences, readTiming, type Timing } from './timing.js';

type Begin = Omit<SequenceBegin, 'entry'>;

/** A fault or a sequence, each time that it comes. */
export function resolveEntry(
  value: unknown,
  isSequence: boolean,
  entry: number,
  scene: FaultScene,
  random: Random,
  findings: Findings,
): readonly Draft[] {
  const path = ['faults', entry];
  const read = isSequence
    ? readSequence(value, path, scene, findings)
    : readSingle(value, path, scene, findings);
  if (read === undefined) return [];
  const { input, steps } = read;
  const timing = readTiming(input, path, scene, findings);
  if (timing === undefined || !hasRoom(timing, steps, path, scene, findings)) return [];
  return beginsOf(timing, steps, entry, scene, random).flatMap((begin) => {
    const own = random.fork(begin.mark);
    if (isSequence) return expandSequence(steps, { ...begin, entry }, own);
    const { spec } = steps[0] as Step;
    const key = `faults[${entry}]${begin.mark && ` ${begin.mark}`}`;
    const { mark, ...when } = begin;
    const origin = mark === '' ? {} : { origin: key };
    return [{ ...commonOf(spec), ...drawFault(spec, own), ...when, key, entry, ...origin }];
  });
}

interface ReadEntry {
  readonly input: EntryInput;
  readonly steps: readonly Step[];
}

function readSingle(
  value: unknown,
  path: Path,
  scene: FaultScene,
  findings: Findings,
): ReadEntry | undefined {
  const read = readFault(value, path, scene.schemas.faults, scene, findings);
  if (read === undefined || !isShortEnough(read.spec, scene, findings)) return undefined;
  return { input: read.input as EntryInput, steps: [{ spec: read.spec, timing: {} }] };
}

function readSequence(
  value: unknown,
  path: Path,
  scene: FaultScene,
  findings: Findings,
): ReadEntry | undefined {
  const input = parsePart(sequenceSchema, value, path, findings);
  if (input === undefined) return undefined;
  const steps: Step[] = [];
  for (const [i, step] of input.sequence.entries()) {
    const at = [...path, 'sequence', i];
    const read = readFault(step, at, scene.schemas.steps, scene, findings);
    if (read === undefined || !isShortEnough(read.spec, scene, findings)) continue;
    const timing = read.input as StepInput;
    const keys = (['after', 'after-end'] as const).filter((key) => timing[key] !== undefined);
    if (i === 0 && keys[0] !== undefined) {
      const hint = 'Say `at` or `when` beside `sequence`.';
      findings.addAtKey([...at, keys[0]], 'the first step begins with the sequence', hint);
    } else if (keys.length === 2) {
      const message = '`after-end` counts from the end of the step before, `after` from its beginning';
      findings.addAtKey([...at, 'after-end'], message, 'Keep one of the two.');
    } else steps.push({ spec: read.spec, timing });
  }
  return steps.length === input.sequence.length ? { input, steps } : undefined;
}

/** Every moment at which an entry begins. */
function beginsOf(
  timing: Timing,
  steps: readonly Step[],
  entry: number,
  scene: FaultScene,
  random: Random,
): readonly Begin[] {
  const { atNs } = timing;
  if (timing.form === 'once') return [{ atNs, clock: LOAD_CLOCK, mark: '' }];
  if (timing.form === 'conditional') {
    const { condition, withinNs } = timing;
    return [{ atNs, clock: `faults[${entry}]`, mark: '', when: { condition, withinNs } }];
  }
  const all = occurrences(timing, longestSpanNs(steps), scene.loadEndNs ?? 0, random);
  return all.map((at, i) => ({ atNs: at, clock: LOAD_CLOCK, mark: `#${i + 1}` }));
}

/** Whether an entry ends before it comes again, and in time before the load does. */
function hasRoom(
  timing: Timing,
  steps: readonly Step[],
  path: Path,
  { loadEndNs }: FaultScene,
  findings: Findings,
): boolean {
  const spanNs = longestSpanNs(steps);
  if (timing.form === 'repeated' && timing.every.minNs <= spanNs) {
    const message = `it holds for ${formatDuration(spanNs)} and comes again after ${formatDuration(timing.every.minNs)}: it would overlap itself`;
    findings.add([...path, 'every'], message, 'Let it come less often, or hold for less long.');
    return false;
  }
  if (loadEndNs === undefined) return true;
  const end = formatDuration(loadEndNs);
  const hint = 'Make the load longer or the fault earlier.';
  const what = steps.length > 1 ? 'the sequence' : 'the fault';
  const { atNs } = timing;
  if (atNs >= loadEndNs) {
    findings.add(
      [...path, 'at'],
      `${what} begins at ${formatDuration(atNs)}, but the load ends at ${end}`,
      hint,
    );
    return false;
  }
  const lastNs = lastBeginNs(timing, atNs);
  if (lastNs + spanNs < loadEndNs) return true;
  const endsAt = formatDuration(lastNs + spanNs);
  const place =
    timing.form === 'conditional'
      ? [...path, 'within']
      : timing.form === 'repeated'
        ? [...path, timing.untilNs < Number.POSITIVE_INFINITY ? 'until' : 'times']
        : ((steps.length === 1 ? steps[0]?.spec.lastsPath : undefined) ?? path);
  const ends = timing.form === 'once' ? 'ends' : 'may end as late as';
  const message = `${what} ${ends} ${timing.form === 'once' ? `at ${endsAt}` : endsAt}, but the load ends at ${end}: its recovery cannot be seen`;
  findings.add(place, message, hint);
  return false;
}

/** When it begins for the last time, at the latest; a time that is early enough, where that is seen to. */
function lastBeginNs(timing: Timing, atNs: number): number {
  if (timing.form === 'once') return atNs;
  if (timing.form === 'conditional') return atNs + timing.withinNs;
  const { times, untilNs, every } = timing;
  const isOpen = times === Number.POSITIVE_INFINITY && untilNs === Number.POSITIVE_INFINITY;
  return isOpen ? atNs : Math.min(atNs + (times - 1) * every.maxNs, untilNs);
}
