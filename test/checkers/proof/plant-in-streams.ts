import { NS } from '../../../src/base/clock.js';
import type { Random } from '../../../src/base/random.js';
import type { Planter } from './planter.js';
import {
  type Copy,
  type Message,
  type Operation,
  type Stream,
  streamOf,
  type World,
  type Writer,
} from './world.js';

interface Target {
  readonly writer: Writer;
  readonly operation: Operation;
  readonly stream: Stream;
  readonly read: Copy;
  readonly message: Message;
}

/** Acknowledged publishes that the read holds once, where they were acknowledged to stand. */
const targets = (world: World): Target[] =>
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

const hasNoLimit = ({ config }: Stream): boolean =>
  Object.keys(config).every((key) => key === 'duplicate_window' || key === 'discard');

const hasOneLimit = ({ config }: Stream, ...limits: readonly string[]): boolean =>
  Object.keys(config).filter((key) => key !== 'duplicate_window' && key !== 'discard').length === 1 &&
  limits.some((limit) => limit in config);

const pickOne = <T>(random: Random, from: readonly T[]): T | undefined =>
  from.length === 0 ? undefined : random.pick(from);

const remove = (copy: Copy, is: (message: Message) => boolean): void => {
  copy.messages = copy.messages.filter((message) => !is(message));
};

const isStampOf =
  ({ writer, operation }: Target) =>
  (message: Message): boolean =>
    message.writer === writer.writer && message.sequence === operation.sequence;

/** Adds a message behind all that are there. */
function append(copy: Copy, writer: number, sequence: number, digest: number): Message {
  const message = { writer, sequence, digest, streamSequence: ++copy.throughSequence };
  copy.messages.push(message);
  return message;
}

const isPair = (a: Target, b: Target): boolean =>
  a.writer === b.writer &&
  a.operation.subject === b.operation.subject &&
  a.operation.sequence < b.operation.sequence &&
  // Neighbours: of what stands between them, nothing is out of order afterwards.
  a.read.messages.every(
    ({ writer, streamSequence }) =>
      writer !== a.writer.writer ||
      streamSequence <= a.message.streamSequence ||
      streamSequence >= b.message.streamSequence,
  );

function swapPair(world: World, random: Random, isWanted: (w: Operation, v: Operation) => boolean) {
  const all = targets(world);
  const pairs = all.flatMap((a) =>
    all.filter((b) => isPair(a, b) && isWanted(a.operation, b.operation)).map((b) => ({ a, b })),
  );
  const pair = pickOne(random, pairs);
  if (pair === undefined) return undefined;
  const { a, b } = pair;
  const swapped = a.read.messages.map((message) => {
    if (message === a.message) return { ...b.message, streamSequence: message.streamSequence };
    return message === b.message ? { ...a.message, streamSequence: message.streamSequence } : message;
  });
  a.read.messages = swapped;
  return pair;
}

const isAfterAcknowledged = (w: Operation, v: Operation): boolean => w.doneNs < v.sentNs;

const stays = ({ read }: Target, is: (message: Message) => boolean): boolean =>
  read.messages.some((message) => !is(message));

/** Writers that publish to this stream alone, all of whose publishes were acknowledged, and stand once in the read. */
const steadyTargets = (world: World): Target[] => {
  const all = targets(world).filter(({ stream }) => hasNoLimit(stream));
  return all.filter(({ writer, read }) =>
    read.messages
      .filter((message) => message.writer === writer.writer)
      .every((message) => all.some((one) => one.message === message)),
  );
};

const hasAnyDuplicate = (world: World): boolean =>
  world.streams.some(
    ({ read }) =>
      new Set(read?.messages.map(({ writer, sequence }) => `${writer} ${sequence}`)).size !==
      read?.messages.length,
  );

const failedOperations = (world: World) =>
  world.writers.flatMap((writer) =>
    writer.operations
      .filter(({ outcome, kind }) => outcome === 'failed' && kind === 'publish')
      .map((operation) => ({ writer, operation, read: streamOf(world, operation.subject)!.read! })),
  );

const threeReplicas = (world: World): Stream[] =>
  world.streams.filter((stream) => hasNoLimit(stream) && stream.replicas.length >= 3);

export const STREAM_PLANTERS: readonly Planter[] = [
  {
    check: 'acked-loss',
    anomaly: 'a prefix is lost',
    isViolation: true,
    plant(world, random) {
      const end = pickOne(random, steadyTargets(world));
      if (end === undefined) return undefined;
      const isLost = (message: Message) =>
        message.writer === end.writer.writer && message.sequence <= end.operation.sequence;
      if (!stays(end, isLost)) return undefined;
      const prefix = end.read.messages.filter(isLost).length;
      remove(end.read, isLost);
      return { lost: prefix, prefix };
    },
  },
  {
    check: 'acked-loss',
    anomaly: 'a postfix is lost',
    isViolation: true,
    plant(world, random) {
      const start = pickOne(random, steadyTargets(world));
      if (start === undefined) return undefined;
      const isLost = (message: Message) =>
        message.writer === start.writer.writer && message.sequence >= start.operation.sequence;
      const isOfWriter = ({ writer }: Message) => writer === start.writer.writer;
      const postfix = start.read.messages.filter(isLost).length;
      if (start.read.messages.filter(isOfWriter).length === postfix) return undefined;
      remove(start.read, isLost);
      return { lost: postfix, postfix };
    },
  },
  {
    check: 'acked-loss',
    anomaly: 'one in the middle is lost',
    isViolation: true,
    plant(world, random) {
      const one = pickOne(
        random,
        steadyTargets(world).filter(({ writer, operation, read }) => {
          const own = read.messages.filter((message) => message.writer === writer.writer);
          return (
            own.some(({ sequence }) => sequence < operation.sequence) &&
            own.some(({ sequence }) => sequence > operation.sequence)
          );
        }),
      );
      if (one === undefined) return undefined;
      remove(one.read, isStampOf(one));
      return { lost: 1, middle: 1 };
    },
  },
  {
    check: 'acked-loss',
    anomaly: 'one is lost that no limit of its stream had reached yet',
    isViolation: true,
    plant(world, random) {
      const one = pickOne(
        random,
        targets(world).filter(
          ({ stream }) =>
            hasOneLimit(stream, 'max_msgs') ||
            (hasOneLimit(stream, 'max_age') && Number(stream.config.max_age) >= 5 * NS.s),
        ),
      );
      if (one === undefined || !stays(one, isStampOf(one))) return undefined;
      remove(one.read, isStampOf(one));
      // Where it stood does not matter here: it is lost, and not evicted.
      return { lost: 1 };
    },
  },
  {
    check: 'acked-loss',
    anomaly: 'a stream has vanished',
    isViolation: true,
    plant(world, random) {
      if (world.streams.length < 2) return undefined;
      const stream = random.pick(world.streams);
      const others = world.streams.filter((one) => one !== stream);
      if (others.every(({ read }) => read!.messages.length === 0) || !hasNoLimit(stream)) return undefined;
      const prefix = world.writers
        .flatMap(({ operations }) => operations)
        .filter(({ outcome, subject }) => outcome === 'ok' && streamOf(world, subject) === stream).length;
      if (prefix === 0) return undefined;
      stream.read = { ...stream.read!, messages: [], gone: true, foreign: 0 };
      return { lost: prefix, prefix };
    },
  },
  {
    check: 'acked-loss',
    anomaly: 'one that was refused can be read',
    isViolation: true,
    plant(world, random) {
      const one = pickOne(random, failedOperations(world));
      if (one === undefined) return undefined;
      append(one.read, one.writer.writer, one.operation.sequence, 1);
      return { failedButRead: 1 };
    },
  },
  {
    check: 'duplicates',
    anomaly: 'one stands twice within the window',
    isViolation: true,
    plant(world, random) {
      const one = pickOne(random, targets(world));
      if (one === undefined || hasAnyDuplicate(world)) return undefined;
      one.stream.config.duplicate_window = 10 * NS.min;
      append(one.read, one.message.writer, one.message.sequence, one.message.digest);
      return { duplicatedWithinWindow: 1 };
    },
  },
  {
    check: 'duplicates',
    anomaly: 'one stands twice beyond the window',
    isViolation: false,
    plant(world, random) {
      if (hasAnyDuplicate(world)) return undefined;
      const all = targets(world);
      const one = pickOne(
        random,
        all.filter((a) =>
          all.some((b) => a.stream === b.stream && a.operation.doneNs + 1000 < b.operation.sentNs),
        ),
      );
      if (one === undefined) return undefined;
      one.stream.config.duplicate_window = 100;
      append(one.read, one.message.writer, one.message.sequence, one.message.digest);
      return { duplicatedBeyondWindow: 1 };
    },
  },
  {
    check: 'duplicates',
    anomaly: 'one stands three times, of a writer without ids',
    isViolation: false,
    plant(world, random) {
      const one = pickOne(random, targets(world));
      if (one === undefined || hasAnyDuplicate(world)) return undefined;
      one.writer.givesIds = false;
      for (let i = 0; i < 2; i++)
        append(one.read, one.message.writer, one.message.sequence, one.message.digest);
      return { duplicatedWithoutId: 2 };
    },
  },
  {
    check: 'order',
    anomaly: 'one stands behind another that was sent after it was acknowledged',
    isViolation: true,
    plant: (world, random) =>
      swapPair(world, random, isAfterAcknowledged) === undefined ? undefined : { afterAcknowledged: 1 },
  },
  {
    check: 'order',
    anomaly: 'two that were under way together change places',
    isViolation: true,
    plant: (world, random) =>
      swapPair(world, random, (w, v) => !isAfterAcknowledged(w, v)) === undefined
        ? undefined
        : { pipelined: 1 },
  },
  {
    check: 'order',
    anomaly: 'two that were under way together change places during a fault',
    isViolation: false,
    plant(world, random) {
      const pair = swapPair(world, random, (w, v) => !isAfterAcknowledged(w, v));
      if (pair === undefined) return undefined;
      const { sentNs } = pair.a.operation;
      world.faults.push({
        id: 'f1',
        kind: 'node-kill',
        targets: ['n1'],
        fromNs: sentNs - 9 * NS.s,
        toNs: sentNs - 8 * NS.s,
      });
      return { pipelinedInElection: 1 };
    },
  },
  {
    check: 'unexpected',
    anomaly: 'a message that was never sent',
    isViolation: true,
    plant(world, random) {
      const writer = pickOne(random, world.writers);
      if (writer === undefined) return undefined;
      append(random.pick(world.streams).read!, writer.writer, 1_000_000 + random.below(1000), 7);
      return { neverSent: 1 };
    },
  },
  {
    check: 'unexpected',
    anomaly: 'a message that was never sent, in one replica',
    isViolation: true,
    plant(world, random) {
      const replica = pickOne(
        random,
        world.streams.flatMap(({ replicas }) => replicas),
      );
      if (replica === undefined) return undefined;
      append(replica, random.pick(world.writers).writer, 1_000_000, 7);
      return { neverSent: 1 };
    },
  },
  {
    check: 'unexpected',
    anomaly: 'a message of a writer whose history was cut off',
    isViolation: false,
    plant(world, random) {
      const writer = random.pick(world.writers);
      writer.complete = false;
      append(random.pick(world.streams).read!, writer.writer, writer.operations.length + 5, 7);
      return { perhapsSent: 1 };
    },
  },
  {
    check: 'unexpected',
    anomaly: 'a message that was refused',
    isViolation: true,
    plant(world, random) {
      const one = pickOne(random, failedOperations(world));
      if (one === undefined) return undefined;
      append(one.read, one.writer.writer, one.operation.sequence, 1);
      return { refused: 1 };
    },
  },
  {
    check: 'unexpected',
    anomaly: 'a stranger',
    isViolation: false,
    plant(world, random) {
      append(random.pick(world.streams).read!, 4242, random.below(5), 7);
      return { strangers: 1 };
    },
  },
  {
    check: 'divergence',
    anomaly: 'one replica lacks a message',
    isViolation: true,
    plant(world, random) {
      const stream = pickOne(random, threeReplicas(world));
      const replica = stream && random.pick(stream.replicas);
      const message = replica && pickOne(random, replica.messages);
      if (message === undefined) return undefined;
      remove(replica!, (one) => one === message);
      return { missing: 1 };
    },
  },
  {
    check: 'divergence',
    anomaly: 'one replica has a message more',
    isViolation: true,
    plant(world, random) {
      const stream = pickOne(random, threeReplicas(world));
      if (stream === undefined) return undefined;
      for (const replica of stream.replicas) replica.throughSequence++;
      const streamSequence = stream.replicas[0]!.throughSequence;
      random.pick(stream.replicas).messages.push({ writer: 0, sequence: 0, digest: 3, streamSequence });
      return { extra: 1 };
    },
  },
  {
    check: 'divergence',
    anomaly: 'one replica has another payload',
    isViolation: true,
    plant(world, random) {
      const stream = pickOne(random, threeReplicas(world));
      const replica = stream && random.pick(stream.replicas);
      const message = replica && pickOne(random, replica.messages);
      if (message === undefined) return undefined;
      replica!.messages = replica!.messages.map((one) =>
        one === message ? { ...one, digest: one.digest ^ 1 } : one,
      );
      return { differing: 1 };
    },
  },
  {
    check: 'divergence',
    anomaly: 'one replica has lost its stream',
    isViolation: true,
    plant(world, random) {
      const stream = pickOne(random, threeReplicas(world));
      if (stream === undefined || stream.replicas[0]!.messages.length === 0) return undefined;
      const replica = random.pick(stream.replicas);
      const missing = replica.messages.length;
      Object.assign(replica, { messages: [], gone: true });
      return { missing };
    },
  },
  {
    check: 'divergence',
    anomaly: 'one replica was read to the middle only',
    isViolation: false,
    plant(world, random) {
      const stream = pickOne(random, threeReplicas(world));
      if (stream === undefined || stream.replicas[0]!.messages.length < 2) return undefined;
      const replica = random.pick(stream.replicas);
      const reached = 1 + random.below(replica.messages.length - 1);
      const notReached = replica.messages.length - reached;
      Object.assign(replica, { messages: replica.messages.slice(0, reached), complete: false });
      return { notReached };
    },
  },
  {
    check: 'immutability',
    anomaly: 'a sequence is acknowledged twice',
    isViolation: true,
    plant(world, random) {
      const all = targets(world);
      const isLater = (a: Target, b: Target) =>
        a.writer.writer < b.writer.writer ||
        (a.writer === b.writer && a.operation.sequence < b.operation.sequence);
      const pair = pickOne(
        random,
        all.flatMap((a) => all.filter((b) => a.stream === b.stream && isLater(a, b)).map((b) => ({ a, b }))),
      );
      if (pair === undefined) return undefined;
      pair.b.operation.streamSequence = pair.a.operation.streamSequence;
      return { acknowledged: 1 };
    },
  },
  {
    check: 'immutability',
    anomaly: 'one replica has another payload',
    isViolation: true,
    plant(world, random) {
      const stream = pickOne(
        random,
        world.streams.filter(({ replicas }) => replicas.length > 0),
      );
      const replica = stream && random.pick(stream.replicas);
      const message = replica && pickOne(random, replica.messages);
      if (message === undefined || stream!.read!.messages.length === 0) return undefined;
      if (
        stream!.replicas.length === 1 &&
        !stream!.read!.messages.some((one) => one.streamSequence === message.streamSequence)
      )
        return undefined;
      const holders = [stream!.read!, ...stream!.replicas].filter(({ messages }) =>
        messages.some((one) => one.streamSequence === message.streamSequence),
      );
      if (holders.length < 2) return undefined;
      replica!.messages = replica!.messages.map((one) =>
        one === message ? { ...one, digest: one.digest ^ 1 } : one,
      );
      return { stored: 1 };
    },
  },
  {
    check: 'monotonic',
    anomaly: 'the last sequence fell',
    isViolation: true,
    plant(world, random) {
      const place = pickLook(world, random, (look) => look.lastSequence > 0);
      if (place === undefined) return undefined;
      const { stream, i } = place;
      const look = stream.looks[i]!;
      stream.looks.splice(i + 1, 0, { ...look, atNs: look.atNs + 1000, lastSequence: look.lastSequence - 1 });
      return { fell: 1 };
    },
  },
  {
    check: 'monotonic',
    anomaly: 'a new leader answered before it had applied everything',
    isViolation: false,
    plant(world, random) {
      const place = pickLook(
        world,
        random,
        (look, i, looks) => look.lastSequence > 0 && i < looks.length - 1,
      );
      if (place === undefined) return undefined;
      const { stream, i } = place;
      const look = stream.looks[i]!;
      const late = { ...look, leader: 'n9', atNs: look.atNs + 1000, lastSequence: look.lastSequence - 1 };
      stream.looks.splice(i + 1, 0, late);
      return { lateLeader: 1 };
    },
  },
  {
    check: 'monotonic',
    anomaly: 'a replica answered while nobody led, with less than another had',
    isViolation: false,
    plant(world, random) {
      const place = pickLook(
        world,
        random,
        (look, i, looks) => look.lastSequence > 0 && i < looks.length - 1,
      );
      if (place === undefined) return undefined;
      const { stream, i } = place;
      const { leader: _, ...look } = stream.looks[i]!;
      stream.looks.splice(
        i + 1,
        0,
        { ...look, atNs: look.atNs + 1000 },
        { ...look, atNs: look.atNs + 2000, lastSequence: look.lastSequence - 1 },
      );
      return { lateLeader: 1 };
    },
  },
  {
    check: 'monotonic',
    anomaly: 'a stream vanished',
    isViolation: true,
    plant(world, random) {
      const stream = random.pick(world.streams);
      const last = stream.looks.at(-1)!;
      stream.looks.push({ ...last, atNs: last.atNs + NS.s, exists: false });
      return { vanished: 1 };
    },
  },
  {
    check: 'monotonic',
    anomaly: 'a server said that there was no stream, and there was',
    isViolation: false,
    plant(world, random) {
      const place = pickLook(world, random, (_, i, looks) => i < looks.length - 1);
      if (place === undefined) return undefined;
      const { stream, i } = place;
      const look = stream.looks[i]!;
      stream.looks.splice(i + 1, 0, { ...look, atNs: look.atNs + 1000, exists: false });
      return { saidGone: 1 };
    },
  },
  {
    check: 'monotonic',
    anomaly: 'a stream was created anew',
    isViolation: true,
    plant(world, random) {
      const place = pickLook(world, random, (_, i) => i > 0);
      if (place === undefined) return undefined;
      const { stream, i } = place;
      stream.looks = stream.looks.map((look, at) =>
        at < i ? look : { ...look, created: '2026-01-02T00:00:00Z' },
      );
      return { createdAnew: 1 };
    },
  },
  {
    check: 'monotonic',
    anomaly: 'an acknowledgement named a sequence that had been named before',
    isViolation: true,
    plant(world, random) {
      const all = targets(world);
      const pair = pickOne(
        random,
        all.flatMap((a) =>
          all
            .filter((b) => a.stream === b.stream && a.operation.doneNs + NS.ms < b.operation.sentNs)
            .map((b) => ({ a, b })),
        ),
      );
      if (pair === undefined) return undefined;
      pair.b.operation.streamSequence = pair.a.operation.streamSequence;
      return { acknowledgedLower: 1 };
    },
  },
];

function pickLook(
  world: World,
  random: Random,
  isWanted: (look: Stream['looks'][number], i: number, looks: Stream['looks']) => boolean,
) {
  return pickOne(
    random,
    world.streams.flatMap((stream) =>
      stream.looks.flatMap((look, i, looks) => (isWanted(look, i, looks) ? [{ stream, i }] : [])),
    ),
  );
}
