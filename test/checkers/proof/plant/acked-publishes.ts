import {
  type Copy,
  type Message,
  type Operation,
  type Stream,
  streamOf,
  type World,
  type Writer,
} from '../world.js';

/** An acknowledged publish that the read holds once, where it was acknowledged to stand. */
export interface AckedPublish {
  readonly writer: Writer;
  readonly operation: Operation;
  readonly stream: Stream;
  readonly read: Copy;
  readonly message: Message;
}

export const ackedPublishes = (world: World): AckedPublish[] =>
  world.writers.flatMap((writer) =>
    writer.operations.flatMap((operation) => {
      const stream = streamOf(world, operation.subject);
      const read = stream?.read;
      const copies = read?.messages.filter(
        (one) => one.writer === writer.writer && one.sequence === operation.sequence,
      );
      const message = copies?.[0];
      if (operation.outcome !== 'ok' || operation.detail === 1 || copies?.length !== 1) return [];
      if (message!.streamSequence !== operation.streamSequence) return [];
      return [{ writer, operation, stream: stream!, read: read!, message: message! }];
    }),
  );

/** Every two of them of which this is true. */
export const ackedPairs = (world: World, is: (a: AckedPublish, b: AckedPublish) => boolean) => {
  const all = ackedPublishes(world);
  return all.flatMap((a) => all.filter((b) => is(a, b)).map((b) => ({ a, b })));
};

/** True of streams that remove nothing of their own accord. */
export const hasNoLimit = ({ config }: Stream): boolean =>
  Object.keys(config).every((key) => key === 'duplicate_window' || key === 'discard');
