import { messageOf } from '../base/errors.js';
import { subjectMatches } from '../base/subjects.js';
import type { Checker, CheckResult } from '../contracts/checker.js';
import type { History, StreamRead, WriterHistory } from '../contracts/history.js';
import type { Plan, StreamPlan } from '../contracts/plan.js';
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
    startNs: request.startNs,
    faults: request.faults
      .filter(({ injectedNs }) => injectedNs > 0)
      .map(({ id, kind, injectedNs, revertedNs }) => ({ id, kind, fromNs: injectedNs, toNs: revertedNs })),
    streamOf: streamIndex(request.plan),
    removersOf: (name) => removersOf(request.plan.streams.find((stream) => stream.name === name)),
  };
  return request.plan.checks.map((name) => {
    const result = checkOne(request.checker(name), history);
    request.onResult(result);
    return result;
  });
}

function checkOne(checker: Checker, history: History): CheckResult {
  try {
    return checker.check(history);
  } catch (error) {
    const sentence = `the check itself failed: ${messageOf(error)}`;
    return { name: checker.name, verdict: 'unknown', sentence, counts: {}, examples: [] };
  }
}

/** Which stream captures a subject; asked once a subject, not once an operation. */
function streamIndex(plan: Plan): (subject: string) => string | undefined {
  return (subject) =>
    plan.streams.find(({ subjects }) => subjects.some((filter) => subjectMatches(filter, subject)))?.name;
}

/** StreamConfig's limits, as the server names them: 0 and -1 are none. */
const LIMITS = ['max_age', 'max_bytes', 'max_msgs', 'max_msgs_per_subject'] as const;

/** Which settings let a stream remove messages by itself. */
function removersOf(stream: StreamPlan | undefined): string[] {
  if (stream === undefined) return [];
  const { config } = stream;
  // With `discard: new` a full stream refuses; only age still removes.
  const removing = config.discard === 'new' ? LIMITS.filter((name) => name === 'max_age') : LIMITS;
  const limits = removing.filter((name) => Number(config[name] ?? 0) > 0);
  const { retention = 'limits' } = config;
  return retention === 'limits' ? limits : [`retention: ${String(retention)}`, ...limits];
}
