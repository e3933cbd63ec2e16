import { NS } from '../../../../src/base/clock.js';
import { configOf, deliverAgain, deliveries, isExplicit, settled } from './deliveries.js';
import { endOf } from './owned-operations.js';
import { type Planter, plantersOf } from './planter.js';

const { violation } = plantersOf('consumer');

export const REDELIVERY_PLANTERS: readonly Planter[] = [
  violation(
    'a message came again before its acknowledgement had been waited for',
    (world) => (isExplicit(world) && Number(configOf(world).max_deliver) !== 1 ? settled(world) : []),
    ({ writer, operation }, world) => {
      const published = world.writers[0]!.operations.find(
        ({ streamSequence, outcome }) => streamSequence === operation.streamSequence && outcome === 'ok',
      );
      const atNs = operation.doneNs + NS.us;
      const waitNs = Number(configOf(world).ack_wait);
      if (published === undefined || atNs - published.sentNs >= waitNs) return undefined;
      const sequence = 1 + Math.max(...writer.operations.map((other) => other.sequence));
      const again = { ...operation, sequence, dueNs: atNs, doneNs: atNs, detail: 2 };
      writer.operations.splice(writer.operations.indexOf(operation) + 1, 0, again);
      return { early: 1, redelivered: 1 };
    },
  ),
  violation(
    'a message came again on the connection that had its confirmation',
    (world) => (isExplicit(world) ? settled(world) : []),
    (one, world) => {
      deliverAgain(one, endOf(world) + 10 * NS.s, 2);
      return { afterConfirmation: 1, redelivered: 1 };
    },
  ),
  violation(
    'a message came more often than it may',
    (world) => (Number(configOf(world).max_deliver) > 0 ? deliveries(world) : []),
    (one, world) => {
      deliverAgain(one, endOf(world) + 10 * NS.s, Number(configOf(world).max_deliver) + 1);
      return { beyondMaxDeliver: 1, redelivered: 1 };
    },
  ),
];
