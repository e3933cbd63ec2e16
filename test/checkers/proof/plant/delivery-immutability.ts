import { deliveries, isKept } from './deliveries.js';
import { type Planter, plantersOf } from './planter.js';

const { violation } = plantersOf('immutability');

export const DELIVERY_IMMUTABILITY_PLANTERS: readonly Planter[] = [
  violation(
    'a message is delivered as something else than what stands at its sequence',
    (world) => deliveries(world).filter(({ operation }) => isKept(world, operation.streamSequence)),
    ({ operation }) => {
      const { writer, sequence } = operation.value!;
      operation.value = { writer, sequence: sequence + 1000 };
      return { delivered: 1 };
    },
  ),
];
