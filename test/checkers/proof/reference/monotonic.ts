import { type Stream, streamOf, type World } from '../world.js';
import { allOperations, isKnownDuplicate, isWrite, type Said, verdictOf } from './facts.js';

export function referenceMonotonic(world: World): Said {
  const counts = { vanished: 0, createdAnew: 0, fell: 0, acknowledgedLower: 0, saidGone: 0, lateLeader: 0 };
  let isOpen = false;
  let isJudged = false;
  for (const stream of world.streams) {
    judgeLooks(stream, counts);
    const { looks, read } = stream;
    const existed = looks.length > 0 ? looks.at(-1)!.exists : acknowledged(world, stream).length > 0;
    if (read?.gone && existed) counts.vanished++;
    counts.acknowledgedLower += acknowledgedLower(world, stream);
    if (stream.looks.length >= 2) isJudged = true;
    if (acknowledged(world, stream).length > 0) {
      isJudged = true;
      if (stream.looks.length === 0 && stream.read === undefined) isOpen = true;
    }
  }
  isOpen ||= !isJudged || counts.saidGone > 0;
  const violations = counts.vanished + counts.createdAnew + counts.fell + counts.acknowledgedLower;
  return { verdict: verdictOf(violations, isOpen), counts };
}

function judgeLooks({ looks, read }: Stream, counts: Record<string, number>): void {
  looks.forEach((look, i) => {
    const before = looks.slice(0, i).filter(({ exists }) => exists);
    const after = looks.slice(i + 1).filter(({ exists }) => exists);
    if (!look.exists) {
      // It vanishes where it had been a look before.
      if (i === 0 || !looks[i - 1]!.exists) return;
      const again = after[0];
      const created = before.findLast((one) => one.created !== undefined)?.created;
      if (again !== undefined && again.created === created) counts.saidGone!++;
      else counts.vanished!++;
      return;
    }
    const last = before.findLast(({ created }) => created !== undefined);
    if (look.created !== undefined && last !== undefined && last.created !== look.created) {
      counts.createdAnew!++;
      return;
    }
    const ofSame = before.filter(({ created }) => created === look.created);
    const highest = ofSame.reduce((most, one) => (one.lastSequence > most.lastSequence ? one : most), look);
    if (highest === look) return;
    const reaches = [
      ...after.filter(({ created }) => created === look.created).map(({ lastSequence }) => lastSequence),
      ...(read?.messages.map(({ streamSequence }) => streamSequence) ?? []),
    ].some((sequence) => sequence >= highest.lastSequence);
    const isLed = look.leader !== undefined && highest.leader !== undefined;
    if ((!isLed || look.leader !== highest.leader) && reaches) counts.lateLeader!++;
    else counts.fell!++;
  });
}

const acknowledged = (world: World, stream: Stream) =>
  allOperations(world)
    .map(({ operation }) => operation)
    .filter((operation) => isWrite(operation) && operation.outcome === 'ok')
    .filter((operation) => streamOf(world, operation.subject) === stream);

function acknowledgedLower(world: World, stream: Stream): number {
  const writes = acknowledged(world, stream).filter(
    (operation) => operation.streamSequence > 0 && !isKnownDuplicate(operation),
  );
  const earlier = [
    ...writes.map(({ doneNs, streamSequence }) => ({ doneNs, streamSequence })),
    ...stream.looks
      .slice(0, -1)
      .flatMap((look, i) =>
        look.exists ? [{ doneNs: stream.looks[i + 1]!.atNs, streamSequence: look.lastSequence }] : [],
      ),
  ];
  return writes.filter((b) =>
    earlier.some((a) => a.doneNs < b.sentNs && b.streamSequence <= a.streamSequence),
  ).length;
}
