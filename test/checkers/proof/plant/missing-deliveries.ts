import type { ConsumerLook } from '../../../../src/contracts/history.js';
import type { World } from '../world.js';
import {
  comesUntilAcknowledged,
  forget,
  isAnswer,
  isKept,
  isPublished,
  looksOf,
  settled,
} from './deliveries.js';
import { type Planter, plantersOf } from './planter.js';

const { violation } = plantersOf('consumer');

/** Published messages, by their sequence in the stream, that are settled and come until they are. */
const settledSequences = (world: World): number[] =>
  !comesUntilAcknowledged(world)
    ? []
    : settled(world)
        .map(({ operation }) => operation.streamSequence)
        .filter((sequence) => isPublished(world, sequence));

const isBelowFloor = (world: World, sequence: number): boolean =>
  looksOf(world).at(-1)!.ackFloorStreamSequence >= sequence;

/** What was last published, if it was delivered, and nobody asked for anything since. */
function lastPublished(world: World): number[] {
  const { operations } = world.writers[0]!;
  const last = operations.reduce((a, b) => (b.streamSequence > a.streamSequence ? b : a));
  const s = last.streamSequence;
  const look = looksOf(world).at(-1)!;
  if (!isKept(world, s) || last.outcome !== 'ok' || last.doneNs >= look.atNs) return [];
  return look.deliveredStreamSequence < s || look.ackFloorStreamSequence < s - 1 ? [] : [s];
}

const forgetMessage = (world: World, sequence: number): void =>
  forget(world, ({ streamSequence }) => streamSequence === sequence);

function changeLooks(world: World, change: (look: ConsumerLook) => Partial<ConsumerLook>): void {
  const looks = looksOf(world);
  looks.splice(0, looks.length, ...looks.map((look) => ({ ...look, ...change(look) })));
}

export const MISSING_DELIVERY_PLANTERS: readonly Planter[] = [
  violation(
    'the floor passed a message that nobody was given',
    (world) => settledSequences(world).filter((s) => isKept(world, s) && isBelowFloor(world, s)),
    (s, world) => {
      forgetMessage(world, s);
      return { undelivered: 1 };
    },
  ),
  violation('a message was never delivered, and is gone', settledSequences, (s, world) => {
    forgetMessage(world, s);
    const read = world.streams[0]!.read!;
    read.messages = read.messages.filter(({ streamSequence }) => streamSequence !== s);
    return { gone: 1 };
  }),
  violation(
    'a message is told to be delivered, was given to nobody, and waits for nothing',
    (world) => (comesUntilAcknowledged(world) ? lastPublished(world) : []),
    (s, world) => {
      forgetMessage(world, s);
      changeLooks(world, ({ ackFloorStreamSequence }) => ({
        ackFloorStreamSequence: Math.min(ackFloorStreamSequence, s - 1),
        ackPending: 0,
      }));
      return { forgotten: 1 };
    },
  ),
  violation('a message was not delivered, and is not left to deliver', lastPublished, (s, world) => {
    forgetMessage(world, s);
    changeLooks(world, ({ ackFloorStreamSequence, deliveredStreamSequence }) => ({
      ackFloorStreamSequence: Math.min(ackFloorStreamSequence, s - 1),
      deliveredStreamSequence: Math.min(deliveredStreamSequence, s - 1),
      pending: 0,
    }));
    return { skipped: 1 };
  }),
  violation(
    'the floor passed a message that nobody had acknowledged',
    (world) =>
      world.streams[0]!.config.retention !== undefined
        ? []
        : settledSequences(world).filter((s) => isBelowFloor(world, s)),
    (s, world) => {
      forget(world, (one) => one.streamSequence === s && isAnswer(one));
      return { floorPassed: 1 };
    },
  ),
  violation(
    'a work queue forgot what nobody had processed',
    (world) => (world.streams[0]!.config.retention === 'workqueue' ? settledSequences(world) : []),
    (s, world) => {
      forget(world, (one) => one.streamSequence === s && isAnswer(one));
      return { unprocessed: 1 };
    },
  ),
];
