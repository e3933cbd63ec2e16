import { messageOf } from '../base/errors.js';
import { subjectMatches } from '../base/subjects.js';
import type { Checker, CheckResult } from '../contracts/checker.js';
import type { History, StreamRead, WriterHistory } from '../contracts/history.js';
import type { CheckPlan, Plan } from '../contracts/plan.js';
import type { FaultSessionResult } from './fault-session.js';

export interface ChecksRequest {
  readonly plan: Plan;
  checker(name: string): Checker;
  readonly writers: readonly WriterHistory[];
  readonly reads: readonly StreamRead[];
  readonly faults: readonly FaultSessionResult[];
  readonly startNs: number;
  onResult(result: CheckResult): void;
}

/** Runs every check of the plan; one that crashes knows nothing, and keeps no other from its turn. */
export function runChecks(request: ChecksRequest): CheckResult[] {
  const history: History = {
    writers: request.writers,
    reads: request.reads,
    replicas: [],
    streams: request.plan.streams.map(({ name, config }) => ({
      stream: name,
      config,
      fromSequence: 1,
      looks: [],
    })),
    consumers: [],
    deliveries: [],
    startNs: request.startNs,
    faults: request.faults
      .filter(({ injectedNs }) => injectedNs > 0)
      .map(({ id, kind, targets, injectedNs, revertedNs }) => ({
        id,
        kind,
        targets,
        fromNs: injectedNs,
        toNs: revertedNs,
      })),
    streamOf: streamIndex(request.plan),
  };
  return request.plan.checks.map(({ name, params }) => {
    const result = checkOne(request.checker(name), history, params);
    request.onResult(result);
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

/** Which stream captures a subject; asked once a subject, not once an operation. */
function streamIndex(plan: Plan): (subject: string) => string | undefined {
  return (subject) =>
    plan.streams.find(({ subjects }) => subjects.some((filter) => subjectMatches(filter, subject)))?.name;
}
