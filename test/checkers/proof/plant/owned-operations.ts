import type { Operation, World, Writer } from '../world.js';

/** An operation, and the writer or the connection whose it is. */
export interface Owned {
  readonly writer: Writer;
  readonly operation: Operation;
}

export const operationsOf = (writers: readonly Writer[]): Owned[] =>
  writers.flatMap((writer) => writer.operations.map((operation) => ({ writer, operation })));

/** When nothing happens any more. */
export const endOf = ({ writers }: World): number =>
  Math.max(0, ...operationsOf(writers).map(({ operation: { sentNs, doneNs } }) => Math.max(sentNs, doneNs)));
