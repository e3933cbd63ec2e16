import { NS } from '../../../src/base/clock.js';
import type { Random } from '../../../src/base/random.js';
import type { ConsumerLook } from '../../../src/contracts/history.js';
import type { Planter } from './planter.js';
import type { Operation, World, Writer } from './world.js';

const configOf = (world: World) => world.consumers[0]!.config;

const looksOf = (world: World): ConsumerLook[] => world.consumers[0]!.looks as ConsumerLook[];

const readers = (world: World): Writer[] => world.writers.filter(({ writer }) => writer >= 10);

const isAnswer = ({ kind }: Operation): boolean => kind === 'ack' || kind === 'term';

/** Messages that were delivered once, and whose one acknowledgement was confirmed, on the same connection. */
function settled(world: World) {
  const all = readers(world).flatMap((writer) =>
    writer.operations.map((operation) => ({ writer, operation })),
  );
  return all.filter(({ operation }) => {
    const same = all.filter((other) => other.operation.streamSequence === operation.streamSequence);
    const answer = same.find((other) => isAnswer(other.operation));
    const isDone = answer !== undefined && answer.operation.outcome === 'ok' && answer.operation.doneNs > 0;
    return operation.kind === 'deliver' && same.length === 2 && isDone;
  });
}

const pickSettled = (world: World, random: Random) => {
  const all = settled(world);
  return all.length === 0 ? undefined : random.pick(all);
};

function deliverAgain(writer: Writer, operation: Operation, atNs: number, detail: number): void {
  const sequence = 1 + Math.max(...writer.operations.map((one) => one.sequence));
  writer.operations.push({ ...operation, sequence, dueNs: atNs, doneNs: atNs, detail });
}

const endOf = (world: World): number =>
  Math.max(
    ...world.writers.flatMap(({ operations }) =>
      operations.map(({ doneNs, sentNs }) => Math.max(doneNs, sentNs)),
    ),
  );

const isExplicit = (world: World): boolean => configOf(world).ack_policy === 'explicit';

export const CONSUMER_PLANTERS: readonly Planter[] = [
  {
    check: 'consumer',
    anomaly: 'the floor passed a message that nobody was given',
    isViolation: true,
    plant(world, random) {
      const one = pickSettled(world, random);
      const config = configOf(world);
      if (one === undefined || !isExplicit(world) || Number(config.max_deliver) > 0) return undefined;
      const s = one.operation.streamSequence;
      const isKept = world.streams[0]!.read!.messages.some(({ streamSequence }) => streamSequence === s);
      const isPublished = world.writers[0]!.operations.some(({ streamSequence }) => streamSequence === s);
      if (!isKept || !isPublished || world.consumers[0]!.looks.at(-1)!.ackFloorStreamSequence < s)
        return undefined;
      for (const { operations } of readers(world)) {
        const left = operations.filter(({ streamSequence }) => streamSequence !== s);
        operations.splice(0, operations.length, ...left);
      }
      return { undelivered: 1 };
    },
  },
  {
    check: 'consumer',
    anomaly: 'a message was never delivered, and is gone',
    isViolation: true,
    plant(world, random) {
      const one = pickSettled(world, random);
      if (one === undefined || !isExplicit(world) || Number(configOf(world).max_deliver) > 0)
        return undefined;
      const s = one.operation.streamSequence;
      if (!world.writers[0]!.operations.some(({ streamSequence }) => streamSequence === s)) return undefined;
      for (const { operations } of readers(world)) {
        const left = operations.filter(({ streamSequence }) => streamSequence !== s);
        operations.splice(0, operations.length, ...left);
      }
      const read = world.streams[0]!.read!;
      read.messages = read.messages.filter(({ streamSequence }) => streamSequence !== s);
      return { gone: 1 };
    },
  },
  {
    check: 'consumer',
    anomaly: 'a message came again on the connection that had its confirmation',
    isViolation: true,
    plant(world, random) {
      const one = pickSettled(world, random);
      if (one === undefined || !isExplicit(world)) return undefined;
      deliverAgain(one.writer, one.operation, endOf(world) + 10 * NS.s, 2);
      return { afterConfirmation: 1, redelivered: 1 };
    },
  },
  {
    check: 'consumer',
    anomaly: 'a message came more often than it may',
    isViolation: true,
    plant(world, random) {
      const max = Number(configOf(world).max_deliver);
      const all = readers(world).flatMap((writer) =>
        writer.operations
          .filter(({ kind }) => kind === 'deliver')
          .map((operation) => ({ writer, operation })),
      );
      if (max <= 0 || all.length === 0) return undefined;
      const { writer, operation } = random.pick(all);
      deliverAgain(writer, operation, endOf(world) + 10 * NS.s, max + 1);
      return { beyondMaxDeliver: 1, redelivered: 1 };
    },
  },
  {
    check: 'consumer',
    anomaly: 'the floor fell',
    isViolation: true,
    plant(world) {
      const looks = looksOf(world);
      const last = looks.at(-1)!;
      if (last.ackFloorStreamSequence === 0) return undefined;
      looks.push({
        ...last,
        atNs: last.atNs + NS.s,
        ackFloorStreamSequence: last.ackFloorStreamSequence - 1,
      });
      return { floorFell: 1 };
    },
  },
  {
    check: 'consumer',
    anomaly: 'the floor fell after a fault',
    isViolation: false,
    plant(world) {
      const looks = looksOf(world);
      const last = looks.at(-1)!;
      if (last.ackFloorStreamSequence === 0) return undefined;
      looks.push({
        ...last,
        atNs: last.atNs + NS.s,
        ackFloorStreamSequence: last.ackFloorStreamSequence - 1,
      });
      world.faults.push({
        id: 'f',
        kind: 'node-kill',
        targets: [],
        fromNs: last.atNs,
        toNs: last.atNs + NS.ms,
      });
      return { floorFellInFault: 1 };
    },
  },
  {
    check: 'consumer',
    anomaly: 'the floor stands beyond the stream',
    isViolation: true,
    plant(world) {
      const looks = looksOf(world);
      const last = looks.at(-1)!;
      looks.push({
        ...last,
        atNs: last.atNs + NS.s,
        ackFloorStreamSequence: 10_000,
        deliveredStreamSequence: 10_000,
      });
      return { floorBeyond: 1 };
    },
  },
  {
    check: 'consumer',
    anomaly: 'the floor passed a message that nobody had acknowledged',
    isViolation: true,
    plant(world, random) {
      const one = pickSettled(world, random);
      const config = configOf(world);
      if (one === undefined || !isExplicit(world) || Number(config.max_deliver) > 0) return undefined;
      if (world.streams[0]!.config.retention !== undefined) return undefined;
      const s = one.operation.streamSequence;
      if (world.consumers[0]!.looks.at(-1)!.ackFloorStreamSequence < s) return undefined;
      for (const { operations } of readers(world)) {
        const left = operations.filter((other) => other.streamSequence !== s || !isAnswer(other));
        operations.splice(0, operations.length, ...left);
      }
      return { floorPassed: 1 };
    },
  },
  {
    check: 'consumer',
    anomaly: 'a work queue forgot what nobody had processed',
    isViolation: true,
    plant(world, random) {
      const one = pickSettled(world, random);
      const isQueue = world.streams[0]!.config.retention === 'workqueue';
      if (one === undefined || !isQueue || Number(configOf(world).max_deliver) > 0) return undefined;
      const s = one.operation.streamSequence;
      if (!world.writers[0]!.operations.some(({ streamSequence }) => streamSequence === s)) return undefined;
      for (const { operations } of readers(world)) {
        const left = operations.filter((other) => other.streamSequence !== s || !isAnswer(other));
        operations.splice(0, operations.length, ...left);
      }
      return { unprocessed: 1 };
    },
  },
];
