import { failedPublishes } from './failed-publishes.js';
import { type Planter, plantersOf } from './planter.js';
import { appendTo } from './stream-copies.js';

const { violation, allowed } = plantersOf('unexpected');

export const UNEXPECTED_PLANTERS: readonly Planter[] = [
  violation(
    'a message that was never sent',
    ({ writers }) => writers,
    ({ writer }, { streams }, random) => {
      appendTo(random.pick(streams).read!, writer, 1_000_000 + random.below(1000), 7);
      return { neverSent: 1 };
    },
  ),
  violation(
    'a message that was never sent, in one replica',
    ({ streams }) => streams.flatMap(({ replicas }) => replicas),
    (replica, { writers }, random) => {
      appendTo(replica, random.pick(writers).writer, 1_000_000, 7);
      return { neverSent: 1 };
    },
  ),
  allowed(
    'a message of a writer whose history was cut off',
    ({ writers }) => writers,
    (writer, { streams }, random) => {
      writer.complete = false;
      appendTo(random.pick(streams).read!, writer.writer, writer.operations.length + 5, 7);
      return { perhapsSent: 1 };
    },
  ),
  violation('a message that was refused', failedPublishes, ({ read, writer, operation }) => {
    appendTo(read, writer.writer, operation.sequence, 1);
    return { refused: 1 };
  }),
  allowed(
    'a stranger',
    ({ streams }) => streams,
    ({ read }, _, random) => {
      appendTo(read!, 4242, random.below(5), 7);
      return { strangers: 1 };
    },
  ),
];
