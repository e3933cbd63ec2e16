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

/** Takes what was last published from everybody who was given it; the number of it, where it could be taken. */
function takeTheLast(world: World): number | undefined {
  const { operations } = world.writers[0]!;
  const last = operations.reduce((a, b) => (b.streamSequence > a.streamSequence ? b : a));
  const s = last.streamSequence;
  const isKept = world.streams[0]!.read!.messages.some(({ streamSequence }) => streamSequence === s);
  const look = looksOf(world).at(-1)!;
  if (!isKept || last.outcome !== 'ok' || last.doneNs >= look.atNs) return undefined;
  if (look.deliveredStreamSequence < s || look.ackFloorStreamSequence < s - 1) return undefined;
  for (const reader of readers(world)) {
    const left = reader.operations.filter(({ streamSequence }) => streamSequence !== s);
    reader.operations.splice(0, reader.operations.length, ...left);
  }
  return s;
}

function changeLooks(world: World, change: (look: ConsumerLook) => Partial<ConsumerLook>): void {
  const looks = looksOf(world);
  looks.splice(0, looks.length, ...looks.map((look) => ({ ...look, ...change(look) })));
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
    anomaly: 'a message is told to be delivered, was given to nobody, and waits for nothing',
    isViolation: true,
    plant(world) {
      if (!isExplicit(world) || Number(configOf(world).max_deliver) > 0) return undefined;
      const s = takeTheLast(world);
      if (s === undefined) return undefined;
      changeLooks(world, ({ ackFloorStreamSequence }) => ({
        ackFloorStreamSequence: Math.min(ackFloorStreamSequence, s - 1),
        ackPending: 0,
      }));
      return { forgotten: 1 };
    },
  },
  {
    check: 'consumer',
    anomaly: 'a message was not delivered, and is not left to deliver',
    isViolation: true,
    plant(world) {
      const s = takeTheLast(world);
      if (s === undefined) return undefined;
      changeLooks(world, ({ ackFloorStreamSequence, deliveredStreamSequence }) => ({
        ackFloorStreamSequence: Math.min(ackFloorStreamSequence, s - 1),
        deliveredStreamSequence: Math.min(deliveredStreamSequence, s - 1),
        pending: 0,
      }));
      return { skipped: 1 };
    },
  },
  {
    check: 'consumer',
    anomaly: 'a message came again before its acknowledgement had been waited for',
    isViolation: true,
    plant(world, random) {
      const one = pickSettled(world, random);
      const { ack_wait: waitNs, max_deliver: most } = configOf(world);
      if (one === undefined || !isExplicit(world) || Number(most) === 1) return undefined;
      const { writer, operation } = one;
      const published = world.writers[0]!.operations.find(
        ({ streamSequence, outcome }) => streamSequence === operation.streamSequence && outcome === 'ok',
      );
      const atNs = operation.doneNs + 1000;
      if (published === undefined || atNs - published.sentNs >= Number(waitNs)) return undefined;
      const sequence = 1 + Math.max(...writer.operations.map((other) => other.sequence));
      const again = { ...operation, sequence, dueNs: atNs, doneNs: atNs, detail: 2 };
      writer.operations.splice(writer.operations.indexOf(operation) + 1, 0, again);
      return { early: 1, redelivered: 1 };
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
  {
    check: 'immutability',
    anomaly: 'a message is delivered as something else than what stands at its sequence',
    isViolation: true,
    plant(world, random) {
      const stands = new Set(world.streams[0]!.read!.messages.map(({ streamSequence }) => streamSequence));
      const delivered = readers(world)
        .flatMap(({ operations }) => operations)
        .filter(({ kind, streamSequence }) => kind === 'deliver' && stands.has(streamSequence));
      if (delivered.length === 0) return undefined;
      const operation = random.pick(delivered);
      const { writer, sequence } = operation.value!;
      operation.value = { writer, sequence: sequence + 1000 };
      return { delivered: 1 };
    },
  },
];
