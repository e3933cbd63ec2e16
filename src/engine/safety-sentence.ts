import { formatInteger } from '../base/units.js';
import type { CheckResult, CheckSet } from '../contracts/checker.js';
import type { FaultResult } from '../contracts/run-result.js';
import { type FailureClass, SAFETY_VERSION, type SafetyVerdict } from '../contracts/safety.js';
import { testedFailures } from './what-faults-test.js';

/** The check that says whether anything is lost: without it, nothing is called safe. */
const LOSS = 'acked-loss';

/** Always said to be untested when they are: what a reader would else take for granted. */
const ALWAYS_SAID: readonly FailureClass[] = ['process-crash', 'partition', 'power-loss'];

/** More findings than these are only counted: the report has them all. */
const MOST_FINDINGS = 6;

/** As in `full-disk safe`, and as in `full disks were made`. */
const WORDS: Readonly<Record<FailureClass, readonly [safe: string, made: string]>> = {
  'process-crash': ['process-crash', 'process crashes'],
  'power-loss': ['power-loss', 'power loss'],
  partition: ['partition', 'partitions'],
  pause: ['pause', 'pauses'],
  'orderly-restart': ['restart', 'restarts'],
  'membership-change': ['membership-change', 'membership changes'],
  'full-disk': ['full-disk', 'full disks'],
  'slow-disk': ['slow-disk', 'slow disks'],
  'file-damage': ['file-damage', 'damaged files'],
  'bad-network': ['bad-network', 'bad networks'],
  overload: ['overload', 'overload'],
  'clock-skew': ['clock-skew', 'skewed clocks'],
};

const UNTESTED_WORDS: Partial<Record<FailureClass, string>> = { 'process-crash': 'crashes' };

/**
 * What a run says of the system's data, in one plain sentence: what was found, then what that covers. Nothing is called
 * safe unless every check passed and one of them looked for loss. `undefined` without checks.
 */
export function safetyVerdict(
  checks: readonly CheckResult[],
  faults: readonly Pick<FaultResult, 'status' | 'tests'>[],
): SafetyVerdict | undefined {
  if (checks.length === 0) return undefined;
  const { tested, untested } = testedFailures(faults);
  const verdict = verdictOf(checks);
  const sentence = [...findingsOf(checks), coverage(verdict, tested, checks)].join('; ');
  return { version: SAFETY_VERSION, verdict, sentence, tested, untested };
}

function verdictOf(checks: readonly CheckResult[]): SafetyVerdict['verdict'] {
  if (checks.some(({ verdict }) => verdict === 'fail')) return 'fail';
  const lookedForLoss = checks.some(({ name }) => name === LOSS);
  return lookedForLoss && checks.every(({ verdict }) => verdict === 'pass') ? 'pass' : 'unknown';
}

/** Loss first, then what broke a promise, what is not known, and what is allowed. */
function findingsOf(checks: readonly CheckResult[]): string[] {
  const loss = checks.filter(({ name }) => name === LOSS).map(lossText);
  const found = [
    ...checks.flatMap(violations),
    ...unknownText(checks),
    ...checks.flatMap((check) => setTexts(check, 'doubt', ' (in doubt)')),
    ...checks.flatMap((check) => setTexts(check, 'allowed', ' (allowed)')),
  ];
  if (loss.length + found.length === 0) return [`${namesOf(checks)} held`];
  const more = found.length - MOST_FINDINGS;
  return more <= 1
    ? [...loss, ...found]
    : [...loss, ...found.slice(0, MOST_FINDINGS), `${more} findings more`];
}

/** An unknown one says first that it is, and then why in its own words; without acknowledgements these are enough. */
function lossText({ verdict, sentence, counts }: CheckResult): string {
  const { lost, acknowledged } = counts;
  if (verdict === 'unknown')
    return acknowledged === 0 ? sentence : `not known whether anything was lost: ${sentence}`;
  if (lost === undefined || acknowledged === undefined) return sentence;
  return `${formatInteger(lost)} of ${formatInteger(acknowledged)} acknowledged events lost`;
}

/** What the first clause has said already is not said again; one that failed without a set says so itself. */
function violations(check: CheckResult): string[] {
  const { name, verdict, sentence, sets } = check;
  if (verdict !== 'fail') return [];
  if (sets.some(({ meaning, count }) => meaning === 'violation' && count > 0))
    return setTexts(check, 'violation', '');
  return name === LOSS ? [] : [`${name} failed: ${sentence}`];
}

const isSaid = ({ name }: CheckResult, set: CheckSet): boolean =>
  name === LOSS && set.meaning === 'violation' && /^lost\b/.test(set.name);

/** Beside other checks' sets, this one's name does not say of what it is. */
const wordsOf = (check: CheckResult, { name, count }: CheckSet): string =>
  check.name === 'monotonic' && name === 'vanished' ? `${count === 1 ? 'stream' : 'streams'} vanished` : name;

function setTexts(check: CheckResult, meaning: CheckSet['meaning'], note: string): string[] {
  return check.sets
    .filter((set) => set.meaning === meaning && set.count > 0 && !isSaid(check, set))
    .map((set) => `${formatInteger(set.count)} ${wordsOf(check, set)}${note}`);
}

function unknownText(checks: readonly CheckResult[]): string[] {
  const others = checks.filter(({ name, verdict }) => verdict === 'unknown' && name !== LOSS);
  return others.length === 0 ? [] : [`${namesOf(others)} unknown`];
}

/** `process-crash safe, partitions and power loss not tested`; less than that where less was shown. */
function coverage(
  verdict: SafetyVerdict['verdict'],
  tested: readonly FailureClass[],
  checks: readonly CheckResult[],
): string {
  if (verdict === 'pass') {
    const safe = listed(tested.map((each) => WORDS[each][0]));
    return joined(safe && `${safe} safe`, untestedText(tested));
  }
  const made = listed(tested.map((each) => WORDS[each][1]));
  const were = joined(made && `${made} were made`, untestedText(tested));
  if (verdict === 'fail') return `not safe: ${were}`;
  const isLossKnown = checks.some(({ name }) => name === LOSS);
  return isLossKnown ? `not known to be safe: ${were}` : `loss not checked: ${were}`;
}

function untestedText(tested: readonly FailureClass[]): string {
  const untested = ALWAYS_SAID.filter((each) => !tested.includes(each));
  const words = listed(untested.map((each) => UNTESTED_WORDS[each] ?? WORDS[each][1]));
  return words && `${words} not tested`;
}

const joined = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join(', ');

const namesOf = (checks: readonly CheckResult[]): string => listed(checks.map(({ name }) => name));

function listed(words: readonly string[]): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
