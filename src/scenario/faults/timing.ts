import type { Random } from '../../base/random.js';
import { formatDuration } from '../../base/units.js';
import type { ConditionPlan } from '../../contracts/plan/condition.js';
import type { Findings, Path } from '../problem.js';
import { type ConditionScene, resolveCondition } from '../resolve-condition.js';
import { drawDuration } from './draft.js';
import type { DurationRange, EntryInput } from './fault-schema.js';

/** When an entry of `faults` begins: at a time, again and again, or when a condition holds. */
export type Timing =
  | { readonly form: 'once'; readonly atNs: number }
  | {
      readonly form: 'repeated';
      readonly atNs: number;
      readonly every: DurationRange;
      readonly times: number;
      /** None begins so late. */
      readonly untilNs: number;
    }
  | {
      readonly form: 'conditional';
      readonly atNs: number;
      readonly condition: ConditionPlan;
      readonly withinNs: number;
    };

/** The most faults of one plan: it is written out, printed and saved. */
export const MAX_FAULTS = 10_000;

/** Reads the keys that say when; `undefined` when they contradict each other or say too little. */
export function readTiming(
  input: EntryInput,
  path: Path,
  scene: ConditionScene,
  findings: Findings,
): Timing | undefined {
  const { at, every, times, until, when, within } = input;
  const before = findings.all.length;
  const wrongKey = (key: string, message: string, hint: string) =>
    findings.addAtKey([...path, key], message, hint);
  if (every === undefined) {
    for (const key of ['times', 'until'] as const) {
      if (input[key] !== undefined)
        wrongKey(key, `\`${key}\` goes with \`every\``, 'Add `every: 20s`, or leave it out.');
    }
  }
  if (when === undefined) {
    if (within !== undefined)
      wrongKey('within', '`within` goes with `when`', 'Add `when: "backlog > 10k"`, or leave it out.');
    if (at === undefined) findings.add([...path, 'at'], MISSING_AT);
  } else {
    const condition = resolveCondition(when, [...path, 'when'], scene, findings);
    if (within === undefined) findings.add([...path, 'within'], MISSING_WITHIN);
    if (every !== undefined) {
      wrongKey('every', 'what waits for a condition (`when`) comes once', 'Leave `every` out, or `when`.');
    }
    if (condition !== undefined && within !== undefined && findings.all.length === before) {
      return { form: 'conditional', atNs: at ?? 0, condition, withinNs: within };
    }
    return undefined;
  }
  if (at !== undefined && until !== undefined && every !== undefined && until <= at) {
    findings.add(
      [...path, 'until'],
      `it would not begin once: it begins at ${formatDuration(at)}`,
      'Make it later.',
    );
  }
  if (at === undefined || findings.all.length > before) return undefined;
  if (every === undefined) return { form: 'once', atNs: at };
  return {
    form: 'repeated',
    atNs: at,
    every,
    times: times ?? Number.POSITIVE_INFINITY,
    untilNs: until ?? Number.POSITIVE_INFINITY,
  };
}

const MISSING_AT =
  'this key is missing: when it begins, after the start of the load; or `when` and `within`, for a condition';
const MISSING_WITHIN = 'this key is missing: how long the condition is waited for, such as 30s';

/**
 * When a repeated entry begins, each time. Without `times` and `until`: as often as what it holds (`spanNs`) ends before
 * the load does.
 */
export function occurrences(
  { atNs, every, times, untilNs }: Extract<Timing, { form: 'repeated' }>,
  spanNs: number,
  loadEndNs: number,
  random: Random,
): readonly number[] {
  const isOpen = times === Number.POSITIVE_INFINITY && untilNs === Number.POSITIVE_INFINITY;
  const begins: number[] = [];
  for (let at = atNs; begins.length < times && at < untilNs && begins.length <= MAX_FAULTS; ) {
    if (isOpen && begins.length > 0 && at + spanNs >= loadEndNs) break;
    begins.push(at);
    at += drawDuration(every, random.fork(`gap ${begins.length}`));
  }
  return begins;
}
