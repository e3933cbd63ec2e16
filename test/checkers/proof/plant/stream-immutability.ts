import type { Copy, Message, World } from '../world.js';
import { type AckedPublish, ackedPairs } from './acked-publishes.js';
import { type Planter, plantersOf } from './planter.js';
import { alterIn } from './stream-copies.js';

const { violation } = plantersOf('immutability');

const isLater = (a: AckedPublish, b: AckedPublish): boolean =>
  a.writer.writer < b.writer.writer || (a.writer === b.writer && a.operation.sequence < b.operation.sequence);

const holds = ({ messages }: Copy, { streamSequence }: Message): boolean =>
  messages.some((one) => one.streamSequence === streamSequence);

/** Messages of replicas that another copy of their stream holds as well. */
const heldTwice = (world: World) =>
  world.streams.flatMap(({ read, replicas }) =>
    replicas.flatMap((replica) =>
      replica.messages
        .filter((message) => [read!, ...replicas].filter((copy) => holds(copy, message)).length > 1)
        .map((message) => ({ replica, message })),
    ),
  );

export const STREAM_IMMUTABILITY_PLANTERS: readonly Planter[] = [
  violation(
    'a sequence is acknowledged twice',
    (world) => ackedPairs(world, (a, b) => a.stream === b.stream && isLater(a, b)),
    ({ a, b }) => {
      b.operation.streamSequence = a.operation.streamSequence;
      return { acknowledged: 1 };
    },
  ),
  violation('one replica has another payload', heldTwice, ({ replica, message }) => {
    alterIn(replica, message);
    return { stored: 1 };
  }),
];
