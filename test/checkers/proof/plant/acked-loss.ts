import { NS } from '../../../../src/base/clock.js';
import { type Message, type Stream, streamOf, type World } from '../world.js';
import { type AckedPublish, ackedPublishes, hasNoLimit } from './acked-publishes.js';
import { failedPublishes } from './failed-publishes.js';
import { type Planter, plantersOf } from './planter.js';
import { appendTo, removeFrom } from './stream-copies.js';

const { violation } = plantersOf('acked-loss');

/** Of writers that publish to this stream alone, all of whose publishes were acknowledged, and stand once in the read. */
const steadyPublishes = (world: World): AckedPublish[] => {
  const all = ackedPublishes(world).filter(({ stream }) => hasNoLimit(stream));
  return all.filter(({ writer, read }) =>
    read.messages
      .filter((message) => message.writer === writer.writer)
      .every((message) => all.some((one) => one.message === message)),
  );
};

const hasOneLimit = ({ config }: Stream, limit: string): boolean =>
  Object.keys(config).filter((key) => key !== 'duplicate_window' && key !== 'discard').length === 1 &&
  limit in config;

const isStampOf =
  ({ writer, operation }: AckedPublish) =>
  (message: Message): boolean =>
    message.writer === writer.writer && message.sequence === operation.sequence;

const stays = ({ read }: AckedPublish, isLost: (message: Message) => boolean): boolean =>
  read.messages.some((message) => !isLost(message));

export const ACKED_LOSS_PLANTERS: readonly Planter[] = [
  violation('a prefix is lost', steadyPublishes, (end) => {
    const isLost = (message: Message) =>
      message.writer === end.writer.writer && message.sequence <= end.operation.sequence;
    if (!stays(end, isLost)) return undefined;
    const prefix = end.read.messages.filter(isLost).length;
    removeFrom(end.read, isLost);
    return { lost: prefix, prefix };
  }),
  violation('a postfix is lost', steadyPublishes, (start) => {
    const isOfWriter = ({ writer }: Message) => writer === start.writer.writer;
    const isLost = (message: Message) => isOfWriter(message) && message.sequence >= start.operation.sequence;
    const postfix = start.read.messages.filter(isLost).length;
    if (start.read.messages.filter(isOfWriter).length === postfix) return undefined;
    removeFrom(start.read, isLost);
    return { lost: postfix, postfix };
  }),
  violation(
    'one in the middle is lost',
    (world) =>
      steadyPublishes(world).filter(({ writer, operation, read }) => {
        const own = read.messages.filter((message) => message.writer === writer.writer);
        return (
          own.some(({ sequence }) => sequence < operation.sequence) &&
          own.some(({ sequence }) => sequence > operation.sequence)
        );
      }),
    (one) => {
      removeFrom(one.read, isStampOf(one));
      return { lost: 1, middle: 1 };
    },
  ),
  violation(
    'one is lost that no limit of its stream had reached yet',
    (world) =>
      ackedPublishes(world).filter(
        ({ stream }) =>
          hasOneLimit(stream, 'max_msgs') ||
          (hasOneLimit(stream, 'max_age') && Number(stream.config.max_age) >= 5 * NS.s),
      ),
    (one) => {
      if (!stays(one, isStampOf(one))) return undefined;
      removeFrom(one.read, isStampOf(one));
      // Where it stood does not matter here: it is lost, and not evicted.
      return { lost: 1 };
    },
  ),
  violation(
    'a stream has vanished',
    ({ streams }) => (streams.length < 2 ? [] : streams),
    (stream, world) => {
      const others = world.streams.filter((one) => one !== stream);
      if (others.every(({ read }) => read!.messages.length === 0) || !hasNoLimit(stream)) return undefined;
      const prefix = world.writers
        .flatMap(({ operations }) => operations)
        .filter(({ outcome, subject }) => outcome === 'ok' && streamOf(world, subject) === stream).length;
      if (prefix === 0) return undefined;
      stream.read = { ...stream.read!, messages: [], gone: true, foreign: 0 };
      return { lost: prefix, prefix };
    },
  ),
  violation('one that was refused can be read', failedPublishes, ({ read, writer, operation }) => {
    appendTo(read, writer.writer, operation.sequence, 1);
    return { failedButRead: 1 };
  }),
];
