import { NS } from '../../../../src/base/clock.js';
import type { World } from '../world.js';
import { type AckedPublish, ackedPairs, ackedPublishes } from './acked-publishes.js';
import { type Planter, plantersOf } from './planter.js';
import { appendTo } from './stream-copies.js';

const { violation, allowed } = plantersOf('duplicates');

const hasAnyDuplicate = (world: World): boolean =>
  world.streams.some(
    ({ read }) =>
      new Set(read?.messages.map(({ writer, sequence }) => `${writer} ${sequence}`)).size !==
      read?.messages.length,
  );

const onlyCopies = (world: World): AckedPublish[] => (hasAnyDuplicate(world) ? [] : ackedPublishes(world));

const standAgain = ({ read, message }: AckedPublish): void =>
  appendTo(read, message.writer, message.sequence, message.digest);

export const DUPLICATES_PLANTERS: readonly Planter[] = [
  violation('one stands twice within the window', onlyCopies, (one) => {
    one.stream.config.duplicate_window = 10 * NS.min;
    standAgain(one);
    return { duplicatedWithinWindow: 1 };
  }),
  allowed(
    'one stands twice beyond the window',
    (world) =>
      hasAnyDuplicate(world)
        ? []
        : ackedPairs(
            world,
            (a, b) => a.stream === b.stream && a.operation.doneNs + 1000 < b.operation.sentNs,
          ),
    ({ a }) => {
      a.stream.config.duplicate_window = 100;
      standAgain(a);
      return { duplicatedBeyondWindow: 1 };
    },
  ),
  allowed('one stands three times, of a writer without ids', onlyCopies, (one) => {
    one.writer.givesIds = false;
    for (let i = 0; i < 2; i++) standAgain(one);
    return { duplicatedWithoutId: 2 };
  }),
];
