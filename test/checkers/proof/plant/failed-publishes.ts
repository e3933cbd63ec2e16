import { streamOf, type World } from '../world.js';

/** Publishes that were refused, and the read of the stream that they were meant for. */
export const failedPublishes = (world: World) =>
  world.writers.flatMap((writer) =>
    writer.operations
      .filter(({ outcome, kind }) => outcome === 'failed' && kind === 'publish')
      .map((operation) => ({ writer, operation, read: streamOf(world, operation.subject)!.read! })),
  );
