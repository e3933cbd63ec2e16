import { decisiveExit, EXIT, EXIT_PRECEDENCE, type ExitName } from '../base/errors.js';
import type { Verdict } from '../contracts/run-result.js';
import type { UndoRecord } from '../contracts/undo.js';

/** One thing that keeps a run from having passed. */
export interface Finding {
  readonly exit: ExitName;
  readonly text: string;
  readonly hint?: string;
}

const MEANING: Record<ExitName, string> = {
  ok: 'passed',
  unexpected: 'unexpected error',
  usage: 'invalid scenario',
  preflight: 'preflight failed',
  threshold: 'threshold missed',
  safety: 'safety violated',
  expectation: 'expectation missed',
  inconclusive: 'inconclusive',
  unreverted: 'fault not reverted',
  regression: 'regression',
  interrupted: 'interrupted',
  terminated: 'terminated',
};

/** Weighs all findings: the most serious decides, the others are kept behind it. */
export function decide(findings: readonly Finding[], leftBehind: readonly UndoRecord[]): Verdict {
  const exit = decisiveExit(findings.map((finding) => finding.exit));
  const reasons = [...findings].sort(
    (a, b) => EXIT_PRECEDENCE.indexOf(a.exit) - EXIT_PRECEDENCE.indexOf(b.exit),
  );
  const first = reasons[0];
  return {
    exit,
    exitCode: EXIT[exit],
    headline: first === undefined ? MEANING.ok : `${MEANING[exit]}: ${first.text}`,
    reasons,
    leftBehind,
  };
}
