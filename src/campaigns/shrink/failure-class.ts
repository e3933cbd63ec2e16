import { EXIT, type ExitName } from '../../base/errors.js';
import type { CheckResult } from '../../contracts/checker.js';
import type { ThresholdResult } from '../../contracts/run-result.js';
import type { Outcome } from './trials.js';

/** As which a run failed: what a smaller one must fail as, too. */
export interface FailureClass {
  readonly exit: ExitName;
  /** Of a safety violation, the checks that failed, each with the names of its sets that are violations. */
  readonly checks: readonly { readonly name: string; readonly sets: readonly string[] }[];
  /** Of a threshold that was missed, as the scenario writes them. */
  readonly thresholds: readonly string[];
}

/** What is looked at of a run. */
export interface RunEnd {
  readonly exit: ExitName;
  readonly checks: readonly Pick<CheckResult, 'name' | 'verdict' | 'sets'>[];
  readonly thresholds: readonly Pick<ThresholdResult, 'text' | 'verdict'>[];
}

export function failureClassOf({ exit, checks, thresholds }: RunEnd): FailureClass {
  return {
    exit,
    checks:
      exit !== 'safety'
        ? []
        : checks
            .filter(({ verdict }) => verdict === 'fail')
            .map(({ name, sets }) => ({ name, sets: violationsIn(sets) })),
    thresholds:
      exit !== 'threshold'
        ? []
        : thresholds.filter(({ verdict }) => verdict === 'fail').map(({ text }) => text),
  };
}

/** Whether a run fails as that: with the same exit code, and one of the same checks with one of the same sets. */
export function compareTo(failure: FailureClass, end: RunEnd): Outcome {
  if (end.exit === 'ok') return 'passes';
  // Less serious than a violation: every check was made, and none failed.
  const isLess = end.exit === 'threshold' || end.exit === 'expectation';
  if (failure.exit === 'safety' && isLess) return 'passes';
  if (end.exit !== failure.exit) return 'unresolved';
  if (failure.checks.length > 0) {
    return failure.checks.some((check) => end.checks.some((other) => isSameFailure(check, other)))
      ? 'fails'
      : 'unresolved';
  }
  if (failure.thresholds.length > 0) {
    const isSame = end.thresholds.some(
      ({ text, verdict }) => verdict === 'fail' && failure.thresholds.includes(text),
    );
    return isSame ? 'fails' : 'unresolved';
  }
  return 'fails';
}

function isSameFailure(
  { name, sets }: FailureClass['checks'][number],
  other: RunEnd['checks'][number],
): boolean {
  if (other.name !== name || other.verdict !== 'fail') return false;
  // A check that puts nothing into sets has one class alone.
  return sets.length === 0 || violationsIn(other.sets).some((set) => sets.includes(set));
}

const violationsIn = (sets: CheckResult['sets']): readonly string[] =>
  sets.filter(({ meaning, count }) => meaning === 'violation' && count > 0).map(({ name }) => name);

/** `exit code 5: acked-loss (lost), order`. */
export function describeFailure({ exit, checks, thresholds }: FailureClass): string {
  const what = [
    ...checks.map(({ name, sets }) => (sets.length === 0 ? name : `${name} (${sets.join(', ')})`)),
    ...thresholds,
  ];
  return `exit code ${EXIT[exit]}${what.length === 0 ? '' : `: ${what.join(', ')}`}`;
}
