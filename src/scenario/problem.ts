import { UsageError } from '../base/errors.js';
import { visible } from '../base/visible-text.js';

/** One thing that is wrong with a scenario: what, where, and what to do. */
export interface ScenarioProblem {
  readonly file: string;
  /** Counted from 1; absent when it does not come from a line of the file. */
  readonly line?: number;
  readonly column?: number;
  /** The option that brought the value: `--set load.orders.rate=5`. Then there is no line. */
  readonly option?: string;
  /** `load[1].rate`; empty for the whole file. */
  readonly path: string;
  readonly message: string;
  readonly hint?: string;
}

/** A scenario that cannot be run. Its message lists every problem, with its place, in the order of the file. */
export class ScenarioError extends UsageError {
  readonly problems: readonly ScenarioProblem[];

  constructor(problems: readonly ScenarioProblem[]) {
    const lines = problems.map(formatProblem);
    const title =
      problems.length > 1 ? [`${problems.length} problems in ${visible(problems[0]?.file ?? '')}`] : [];
    super([...title, ...lines].join('\n'));
    this.problems = problems;
  }
}

/**
 * `smoke.yaml:12:5: load[1].rate: expected …` and, on a line of its own, what to do. What the file wrote stands in it as a text
 * that can be seen: a key with a line end in it makes no line of its own.
 */
export function formatProblem(problem: ScenarioProblem): string {
  const place = problem.option ?? [problem.file, problem.line, problem.column].filter(Boolean).join(':');
  const path = problem.path === '' ? '' : ` ${problem.path}:`;
  const hint = problem.hint === undefined ? '' : `\n  ${visible(problem.hint)}`;
  return `${visible(`${place}:${path} ${problem.message}`)}${hint}`;
}

export type Path = readonly (string | number)[];

/** `load[1].rate`; keys that are no plain words are quoted: `thresholds["orders.ack_latency"][0]`. */
export function formatPath(path: Path): string {
  return path
    .map((step, i) => {
      if (typeof step === 'number') return `[${step}]`;
      if (!/^[A-Za-z_][\w-]*$/.test(step)) return `[${JSON.stringify(step)}]`;
      return i === 0 ? step : `.${step}`;
    })
    .join('');
}

/** A problem before its place in the file is known. */
export interface Finding {
  readonly path: Path;
  /** Points at the key rather than at its value. */
  readonly atKey: boolean;
  readonly message: string;
  readonly hint: string | undefined;
}

/** Everything that was found wrong so far. */
export class Findings {
  readonly all: Finding[] = [];

  add(path: Path, message: string, hint?: string): void {
    this.all.push({ path, atKey: false, message, hint });
  }

  addAtKey(path: Path, message: string, hint?: string): void {
    this.all.push({ path, atKey: true, message, hint });
  }
}
