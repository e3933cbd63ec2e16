import { subjectMatches } from '../base/subjects.js';
import type { History } from '../contracts/history.js';
import type { Plan } from '../contracts/plan.js';
import type { FaultSessionResult } from './fault-session.js';

export type HistoryParts = Omit<History, 'streamOf' | 'faults'> & {
  readonly plan: Plan;
  readonly results: readonly Pick<
    FaultSessionResult,
    'id' | 'kind' | 'targets' | 'injectedNs' | 'revertedNs'
  >[];
};

/** All that the checks are told, from what the phases have gathered. */
export function buildHistory({ plan, results, ...parts }: HistoryParts): History {
  return {
    ...parts,
    faults: results
      .filter(({ injectedNs }) => injectedNs > 0)
      .map(({ id, kind, targets, injectedNs, revertedNs }) => ({
        id,
        kind,
        targets,
        fromNs: injectedNs,
        toNs: revertedNs,
      })),
    streamOf: streamIndex(plan),
  };
}

/** Which stream captures a subject; asked once a subject, not once an operation. */
function streamIndex({ streams }: Plan): History['streamOf'] {
  return (subject) =>
    streams.find(({ subjects }) => subjects.some((filter) => subjectMatches(filter, subject)))?.name;
}
