import { streamOf, type World } from '../world.js';
import { allHistoriesComplete, allOperations, type Said, verdictOf } from './facts.js';
import { isAcknowledgedAt, isWriteOfKey, removesLastValues } from './kv-linearizable.js';

/** @param withinNs undefined: nothing fails, however stale */
export function referenceStaleReads(world: World, withinNs: number | undefined): Said {
  const operations = allOperations(world).filter(({ operation }) => operation.outcome === 'ok');
  const all = operations.filter(({ operation }) => isWriteOfKey(operation));
  // Of those with one revision the first only.
  const writes = all.filter(({ operation }, i) => {
    const stream = streamOf(world, operation.subject)!;
    return all
      .slice(0, i)
      .every((other) => !isAcknowledgedAt(world, other.operation, stream, operation.streamSequence));
  });
  const gets = operations.filter(({ operation }) => operation.kind === 'get');
  const counts = { gets: 0, stale: 0, tooStale: 0, notMonotonic: 0, worstNs: 0, worstRevisions: 0 };
  for (const { writer, operation: get } of gets) {
    const { subject, streamSequence: revision, sentNs } = get;
    const before = gets.some(
      (other) =>
        other.writer === writer &&
        other.operation.subject === subject &&
        other.operation.doneNs < sentNs &&
        other.operation.streamSequence > revision,
    );
    if (revision === 0 && removesLastValues(streamOf(world, subject)!)) continue;
    counts.gets++;
    if (before) counts.notMonotonic++;
    const newer = writes
      .map(({ operation }) => operation)
      .filter((write) => write.subject === subject && write.streamSequence > revision);
    const known = newer.filter(({ doneNs }) => doneNs < sentNs);
    if (known.length === 0) continue;
    counts.stale++;
    const staleNs = sentNs - Math.min(...known.map(({ doneNs }) => doneNs));
    const highest = Math.max(...known.map(({ streamSequence }) => streamSequence));
    const revisions = new Set(
      newer.map(({ streamSequence }) => streamSequence).filter((one) => one <= highest),
    ).size;
    counts.worstNs = Math.max(counts.worstNs, staleNs);
    counts.worstRevisions = Math.max(counts.worstRevisions, revisions);
    if (withinNs !== undefined && staleNs > withinNs) counts.tooStale++;
  }
  return { verdict: verdictOf(counts.tooStale, counts.gets === 0 || !allHistoriesComplete(world)), counts };
}
