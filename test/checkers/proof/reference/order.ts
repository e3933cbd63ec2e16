import { NS } from '../../../../src/base/clock.js';
import type { Operation, Stream, World } from '../world.js';
import {
  anyReadIsIncomplete,
  anyStampWasRead,
  holds,
  isKnownDuplicate,
  type Said,
  verdictOf,
  writesTo,
} from './facts.js';

interface Placed {
  readonly operation: Operation;
  readonly writer: number;
  readonly place: number;
}

const ELECTION_NS = 10 * NS.s;

export function referenceOrder(world: World): Said {
  const counts = { afterAcknowledged: 0, pipelined: 0, pipelinedInElection: 0 };
  let hasTwo = false;
  for (const stream of world.streams) {
    const placed = placesIn(world, stream);
    for (const w of placed) {
      const others = placed.filter(
        (v) => v !== w && v.writer === w.writer && v.operation.subject === w.operation.subject,
      );
      if (others.length > 0) hasTwo = true;
      const found = judge(world, stream, w, others);
      if (found !== undefined) counts[found]++;
    }
  }
  const isOpen =
    !anyStampWasRead(world) || !hasTwo || anyReadIsIncomplete(world) || counts.pipelinedInElection > 0;
  return { verdict: verdictOf(counts.afterAcknowledged + counts.pipelined, isOpen), counts };
}

function placesIn(world: World, stream: Stream): Placed[] {
  const { read } = stream;
  if (read === undefined) return [];
  return writesTo(world, stream).flatMap((write) => {
    const { operation, writer } = write;
    const first = holds(read, write)[0]?.streamSequence;
    if (first === undefined) return [];
    const named = operation.outcome === 'ok' && !isKnownDuplicate(operation) ? operation.streamSequence : 0;
    const isGone = read.messages.every(({ streamSequence }) => streamSequence !== named);
    if (named > 0 && named < first && isGone) return [];
    return [{ operation, writer: writer.writer, place: first }];
  });
}

function judge(world: World, stream: Stream, w: Placed, others: readonly Placed[]) {
  const before = others.filter((v) => v.place < w.place);
  if (w.operation.outcome !== 'ok') return undefined;
  if (before.some((v) => w.operation.doneNs < v.operation.sentNs)) return 'afterAcknowledged';
  if (!isPipelined(w)) return undefined;
  const overtaking = before
    .filter((v) => isPipelined(v) && v.operation.sequence > w.operation.sequence)
    .sort((a, b) => b.operation.sequence - a.operation.sequence)[0];
  if (overtaking === undefined) return undefined;
  return leaderMayHaveChanged(world, stream, w.operation, overtaking.operation)
    ? 'pipelinedInElection'
    : 'pipelined';
}

const isPipelined = ({ operation }: Placed): boolean =>
  operation.kind === 'publish' && operation.outcome === 'ok' && !isKnownDuplicate(operation);

function leaderMayHaveChanged(world: World, { looks }: Stream, w: Operation, v: Operation): boolean {
  const fromNs = w.sentNs - ELECTION_NS;
  const toNs = Math.max(w.doneNs, v.doneNs);
  if (world.faults.some((fault) => fault.fromNs <= toNs && (fault.toNs === 0 || fault.toNs >= fromNs)))
    return true;
  return looks.some((look, i) => {
    const next = looks[i + 1];
    return next !== undefined && look.leader !== next.leader && look.atNs <= toNs && next.atNs >= fromNs;
  });
}
