import { NS } from '../../../../src/base/clock.js';
import type { World } from '../world.js';
import { type AckedPublish, ackedPairs } from './acked-publishes.js';
import { type Planter, plantersOf } from './planter.js';

const { violation, allowed } = plantersOf('order');

interface Pair {
  readonly a: AckedPublish;
  readonly b: AckedPublish;
}

const areNeighbours = (a: AckedPublish, b: AckedPublish): boolean =>
  a.writer === b.writer &&
  a.operation.subject === b.operation.subject &&
  a.operation.sequence < b.operation.sequence &&
  // Of what stands between them, nothing is out of order afterwards.
  a.read.messages.every(
    ({ writer, streamSequence }) =>
      writer !== a.writer.writer ||
      streamSequence <= a.message.streamSequence ||
      streamSequence >= b.message.streamSequence,
  );

const isSentAfter = (a: AckedPublish, b: AckedPublish): boolean => a.operation.doneNs < b.operation.sentNs;

const sentAfterEachOther = (world: World): Pair[] =>
  ackedPairs(world, (a, b) => areNeighbours(a, b) && isSentAfter(a, b));
const underWayTogether = (world: World): Pair[] =>
  ackedPairs(world, (a, b) => areNeighbours(a, b) && !isSentAfter(a, b));

function swap({ a, b }: Pair): void {
  a.read.messages = a.read.messages.map((message) => {
    if (message === a.message) return { ...b.message, streamSequence: message.streamSequence };
    return message === b.message ? { ...a.message, streamSequence: message.streamSequence } : message;
  });
}

export const ORDER_PLANTERS: readonly Planter[] = [
  violation(
    'one stands behind another that was sent after it was acknowledged',
    sentAfterEachOther,
    (pair) => {
      swap(pair);
      return { afterAcknowledged: 1 };
    },
  ),
  violation('two that were under way together change places', underWayTogether, (pair) => {
    swap(pair);
    return { pipelined: 1 };
  }),
  allowed(
    'two that were under way together change places during a fault',
    underWayTogether,
    (pair, world) => {
      swap(pair);
      const { sentNs } = pair.a.operation;
      const [fromNs, toNs] = [sentNs - 9 * NS.s, sentNs - 8 * NS.s];
      world.faults.push({ id: 'f1', kind: 'node-kill', targets: ['n1'], fromNs, toNs });
      return { pipelinedInElection: 1 };
    },
  ),
];
