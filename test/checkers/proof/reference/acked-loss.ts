import { streamOf, type World } from '../world.js';
import { explainMissing } from './evicted.js';
import {
  allHistoriesComplete,
  allOperations,
  anyStampWasRead,
  covers,
  holds,
  isKnownDuplicate,
  isWrite,
  type Owned,
  type Said,
  verdictOf,
} from './facts.js';

type Fate = 'kept' | 'prefix' | 'middle' | 'postfix' | 'notReached' | 'evicted' | 'perhapsEvicted';

export function referenceAckedLoss(world: World): Said {
  const writes = allOperations(world).filter(({ operation }) => isWrite(operation));
  const counts: Record<string, number> = {
    ...{ acknowledged: 0, lost: 0, prefix: 0, middle: 0, postfix: 0, notReached: 0, evicted: 0 },
    ...{ perhapsEvicted: 0, unknownButRead: 0, failedButRead: 0 },
  };
  for (const write of writes) {
    const { outcome } = write.operation;
    if (outcome === 'ok') {
      counts.acknowledged!++;
      const fate = fateOf(world, write);
      if (fate !== 'kept') counts[fate]!++;
    } else if (isInItsRead(world, write)) counts[`${outcome}ButRead`]!++;
  }
  counts.lost = counts.prefix! + counts.middle! + counts.postfix!;
  const isOpen =
    counts.acknowledged === 0 ||
    !anyStampWasRead(world) ||
    !allHistoriesComplete(world) ||
    counts.notReached! + counts.perhapsEvicted! > 0;
  return { verdict: verdictOf(counts.lost + counts.failedButRead!, isOpen), counts };
}

function isInItsRead(world: World, write: Owned): boolean {
  const read = streamOf(world, write.operation.subject)?.read;
  return read !== undefined && holds(read, write).length > 0;
}

function fateOf(world: World, write: Owned): Fate {
  const { writer, operation } = write;
  const q = operation.streamSequence;
  const stream = streamOf(world, operation.subject);
  const read = stream?.read;
  if (read !== undefined && holds(read, write).length > 0) return 'kept';
  if (isKnownDuplicate(operation) && read?.messages.some(({ streamSequence }) => streamSequence === q))
    return 'kept';
  if (read?.gone) return 'prefix';
  if (stream === undefined || read === undefined || !anyStampWasRead(world) || !covers(read, q))
    return 'notReached';
  const explained = explainMissing(world, stream, read, { q, operation });
  if (explained === 'explained') return 'evicted';
  if (explained === 'perhaps') return 'perhapsEvicted';
  const own = read.messages.filter((message) => message.writer === writer.writer);
  if (own.every(({ sequence }) => sequence > operation.sequence)) return 'prefix';
  return own.every(({ sequence }) => sequence < operation.sequence) ? 'postfix' : 'middle';
}
