import { isAny, isOkWrite, operationsWhere } from './bucket-operations.js';
import { type Planter, plantersOf } from './planter.js';

const { violation } = plantersOf('immutability');

/** Gets of a revision that an acknowledged write of their key was given. */
const getsOfWrites = operationsWhere(
  (get, world) =>
    get.kind === 'get' &&
    get.outcome === 'ok' &&
    get.value !== undefined &&
    isAny(
      world,
      (write) =>
        isOkWrite(write) && write.subject === get.subject && write.streamSequence === get.streamSequence,
    ),
);

export const BUCKET_IMMUTABILITY_PLANTERS: readonly Planter[] = [
  violation(
    'a get shows something else than what was written at its revision',
    getsOfWrites,
    ({ operation }) => {
      const { writer, sequence } = operation.value!;
      operation.value = { writer, sequence: sequence + 1000 };
      return { got: 1 };
    },
  ),
];
