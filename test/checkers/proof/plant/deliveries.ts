import type { ConsumerLook } from '../../../../src/contracts/history.js';
import type { Operation, World, Writer } from '../world.js';
import { type Owned, operationsOf } from './owned-operations.js';

export const configOf = (world: World) => world.consumers[0]!.config;

export const looksOf = (world: World): ConsumerLook[] => world.consumers[0]!.looks as ConsumerLook[];

/** The connections that messages are delivered to. */
export const readersOf = (world: World): Writer[] => world.writers.filter(({ writer }) => writer >= 10);

export const isAnswer = ({ kind }: Operation): boolean => kind === 'ack' || kind === 'term';

export const deliveries = (world: World): Owned[] =>
  operationsOf(readersOf(world)).filter(({ operation }) => operation.kind === 'deliver');

export const isExplicit = (world: World): boolean => configOf(world).ack_policy === 'explicit';

/** Whether each message comes again until it is acknowledged by itself. */
export const comesUntilAcknowledged = (world: World): boolean =>
  isExplicit(world) && !(Number(configOf(world).max_deliver) > 0);

/** Messages that were delivered once, and whose one acknowledgement was confirmed, on the same connection. */
export function settled(world: World): Owned[] {
  const all = readersOf(world).flatMap(({ operations }) => operations);
  return deliveries(world).filter(({ operation }) => {
    const same = all.filter((other) => other.streamSequence === operation.streamSequence);
    const answer = same.find(isAnswer);
    return same.length === 2 && answer !== undefined && answer.outcome === 'ok' && answer.doneNs > 0;
  });
}

export const isPublished = (world: World, sequence: number): boolean =>
  world.writers[0]!.operations.some(({ streamSequence }) => streamSequence === sequence);

export const isKept = (world: World, sequence: number): boolean =>
  world.streams[0]!.read!.messages.some(({ streamSequence }) => streamSequence === sequence);

/** Takes the operations out of what the connections tell of which this is true. */
export function forget(world: World, is: (operation: Operation) => boolean): void {
  for (const { operations } of readersOf(world))
    operations.splice(0, operations.length, ...operations.filter((operation) => !is(operation)));
}

/** Has a message come once more, at this time, for the `detail`-th time. */
export function deliverAgain({ writer, operation }: Owned, atNs: number, detail: number): void {
  const sequence = 1 + Math.max(...writer.operations.map((one) => one.sequence));
  writer.operations.push({ ...operation, sequence, dueNs: atNs, doneNs: atNs, detail });
}
