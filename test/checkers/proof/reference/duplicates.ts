import { NS } from '../../../../src/base/clock.js';
import type { Message, Stream, World } from '../world.js';
import {
  allOperations,
  anyReadIsIncomplete,
  holds,
  isKnownDuplicate,
  type Said,
  verdictOf,
  writesTo,
} from './facts.js';

const UNLESS_CONFIGURED_NS = 2 * NS.min;

export function referenceDuplicates(world: World): Said {
  const counts = {
    ...{ duplicatedWithoutId: 0, duplicatedWithinWindow: 0, duplicatedBeyondWindow: 0 },
    ...{ duplicatedAtUnknownTime: 0, acknowledgedAsDuplicate: 0 },
  };
  let writesRead = 0;
  for (const stream of world.streams) {
    const messages = stream.read?.messages ?? [];
    messages.forEach((message, i) => {
      const lower = messages
        .slice(0, i)
        .findLast(
          (other) =>
            other.writer === message.writer &&
            other.sequence === message.sequence &&
            other.streamSequence < message.streamSequence,
        );
      if (writesTo(world, stream).some((write) => holds(stream.read!, write).includes(message))) writesRead++;
      if (lower !== undefined) counts[classOf(world, stream, lower, message)]++;
    });
  }
  counts.acknowledgedAsDuplicate = allOperations(world).filter(
    ({ operation }) => operation.kind === 'publish' && isKnownDuplicate(operation),
  ).length;
  const isOpen = writesRead === 0 || anyReadIsIncomplete(world) || counts.duplicatedAtUnknownTime > 0;
  return { verdict: verdictOf(counts.duplicatedWithinWindow, isOpen), counts };
}

type DuplicateClass =
  | 'duplicatedWithoutId'
  | 'duplicatedWithinWindow'
  | 'duplicatedBeyondWindow'
  | 'duplicatedAtUnknownTime';

function classOf(world: World, stream: Stream, lower: Message, upper: Message): DuplicateClass {
  const writer = world.writers.find((one) => one.writer === lower.writer);
  if (writer === undefined || !writer.givesIds) return 'duplicatedWithoutId';
  const window = stream.config.duplicate_window;
  const windowNs = typeof window === 'number' && window > 0 ? window : UNLESS_CONFIGURED_NS;
  const [first, second] = [storedWhen(world, stream, lower), storedWhen(world, stream, upper)];
  if (second.highNs - first.lowNs < windowNs) return 'duplicatedWithinWindow';
  return second.lowNs - first.highNs >= windowNs ? 'duplicatedBeyondWindow' : 'duplicatedAtUnknownTime';
}

/** The bounds of when a message was stored: not before what stands before it was sent, not after what stands behind it was answered. */
function storedWhen(world: World, stream: Stream, { streamSequence: q }: Message) {
  const read = stream.read!;
  let lowNs = 0;
  let highNs = read.endedNs ?? Number.POSITIVE_INFINITY;
  for (const write of writesTo(world, stream)) {
    const { sentNs, doneNs, outcome, streamSequence } = write.operation;
    for (const message of holds(read, write)) {
      if (message.streamSequence <= q) lowNs = Math.max(lowNs, sentNs);
      if (outcome === 'ok' && message.streamSequence === streamSequence && streamSequence >= q)
        highNs = Math.min(highNs, doneNs);
    }
  }
  return { lowNs, highNs };
}
