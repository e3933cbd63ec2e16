import type { Operation, World } from '../world.js';
import { type Owned, operationsOf } from './owned-operations.js';

export const operationsWhere =
  (is: (operation: Operation, world: World) => boolean) =>
  (world: World): Owned[] =>
    operationsOf(world.writers).filter(({ operation }) => is(operation, world));

export const isOkWrite = ({ kind, outcome }: Operation): boolean => kind !== 'get' && outcome === 'ok';

/** Whether there is any operation of which this is true. */
export const isAny = (world: World, is: (operation: Operation) => boolean): boolean =>
  operationsOf(world.writers).some(({ operation }) => is(operation));

export const okWrites = operationsWhere(isOkWrite);
export const okPuts = operationsWhere((operation) => isOkWrite(operation) && operation.kind === 'put');
export const okWritesWithRevision = operationsWhere(
  (operation) => isOkWrite(operation) && operation.streamSequence > 0,
);

/** Adds a get: nobody else does anything at that time. */
export function addGet(
  world: World,
  more: Partial<Operation> & Pick<Operation, 'subject' | 'sentNs' | 'doneNs'>,
): void {
  const { operations } = world.writers[0]!;
  const sequence = operations.reduce((most, one) => Math.max(most, one.sequence), -1) + 1;
  operations.push({
    ...{ kind: 'get', sequence, dueNs: more.sentNs, streamSequence: 0, detail: 0, value: undefined },
    ...{ outcome: 'ok', reason: '' },
    ...more,
  });
}
