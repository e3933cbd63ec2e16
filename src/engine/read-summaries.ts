import type { ReplicaRead, StreamRead } from '../contracts/history.js';
import type { ReadSummary } from '../contracts/safety.js';

/** What the checks had before them: each stream, and under it each of its replicas. */
export function readSummaries(
  reads: readonly StreamRead[],
  replicas: readonly ReplicaRead[],
): readonly ReadSummary[] {
  const named = [...new Set([...reads, ...replicas].map(({ stream }) => stream))];
  return named.flatMap((name) => [
    ...reads.filter(({ stream }) => stream === name).map(summarize),
    ...replicas
      .filter(({ stream }) => stream === name)
      .sort((a, b) => (a.node < b.node ? -1 : 1))
      .map((replica) => ({ ...summarize(replica), node: replica.node })),
  ]);
}

function summarize({ stream, count, foreign, complete, gaveUp, gone }: StreamRead): ReadSummary {
  return { stream, count, foreign, complete, ...(gaveUp !== undefined && { gaveUp }), gone };
}
