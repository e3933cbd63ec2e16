import { messageOf } from '../base/errors.js';
import type { Checker, CheckResult } from '../contracts/checker.js';
import type { History } from '../contracts/history.js';
import type { CheckPlan } from '../contracts/plan/checks.js';
import type { Plan } from '../contracts/plan.js';

export interface ChecksRequest {
  readonly plan: Pick<Plan, 'checks'>;
  readonly history: History;
  checker(name: string): Checker;
  onResult(result: CheckResult): void;
}

/** Runs every check of the plan; one that crashes knows nothing, and keeps no other from its turn. */
export function runChecks({ plan, history, checker, onResult }: ChecksRequest): CheckResult[] {
  return plan.checks.map(({ name, params }) => {
    const result = checkOne(checker(name), history, params);
    onResult(result);
    return result;
  });
}

function checkOne(checker: Checker, history: History, params: CheckPlan['params']): CheckResult {
  try {
    return checker.check(history, params);
  } catch (error) {
    const sentence = `the check itself failed: ${messageOf(error)}`;
    return { name: checker.name, verdict: 'unknown', sentence, counts: {}, sets: [], examples: [] };
  }
}
