import type { Stream, World } from '../world.js';
import { hasNoLimit } from './acked-publishes.js';
import { type Planter, plantersOf } from './planter.js';
import { alterIn, removeFrom } from './stream-copies.js';

const { violation, allowed } = plantersOf('divergence');

/** Streams with a majority of replicas that agree, whatever becomes of one. */
const threeReplicas = (world: World): Stream[] =>
  world.streams.filter((stream) => hasNoLimit(stream) && stream.replicas.length >= 3);

/** Their replicas, each with what it holds. */
const replicasOf = (world: World) => threeReplicas(world).flatMap(({ replicas }) => replicas);

const storedMessages = (world: World) =>
  replicasOf(world).flatMap((replica) => replica.messages.map((message) => ({ replica, message })));

export const DIVERGENCE_PLANTERS: readonly Planter[] = [
  violation('one replica lacks a message', storedMessages, ({ replica, message }) => {
    removeFrom(replica, (one) => one === message);
    return { missing: 1 };
  }),
  violation('one replica has a message more', threeReplicas, ({ replicas }, _, random) => {
    for (const replica of replicas) replica.throughSequence++;
    const streamSequence = replicas[0]!.throughSequence;
    random.pick(replicas).messages.push({ writer: 0, sequence: 0, digest: 3, streamSequence });
    return { extra: 1 };
  }),
  violation('one replica has another payload', storedMessages, ({ replica, message }) => {
    alterIn(replica, message);
    return { differing: 1 };
  }),
  violation(
    'one replica has lost its stream',
    (world) => replicasOf(world).filter(({ messages }) => messages.length > 0),
    (replica) => {
      const missing = replica.messages.length;
      Object.assign(replica, { messages: [], gone: true });
      return { missing };
    },
  ),
  allowed(
    'one replica was read to the middle only',
    (world) => replicasOf(world).filter(({ messages }) => messages.length > 1),
    (replica, _, random) => {
      const reached = 1 + random.below(replica.messages.length - 1);
      const notReached = replica.messages.length - reached;
      Object.assign(replica, { messages: replica.messages.slice(0, reached), complete: false });
      return { notReached };
    },
  ),
];
