import { NS } from '../../../src/base/clock.js';
import type { Random } from '../../../src/base/random.js';
import type { Planter } from './planter.js';
import type { Operation, World } from './world.js';

const operationsOf = (world: World) =>
  world.writers.flatMap((writer) => writer.operations.map((operation) => ({ writer, operation })));

/** Before anything is sent. */
const START = 499 * NS.s;

type Owned = ReturnType<typeof operationsOf>[number];

function pick(world: World, random: Random, is: (owned: Owned) => boolean): Owned | undefined {
  const found = operationsOf(world).filter(is);
  return found.length === 0 ? undefined : random.pick(found);
}

const isOkWrite = ({ kind, outcome }: Operation): boolean => kind !== 'get' && outcome === 'ok';

/** The last revision of a key, seen by nobody but its writer: what is done to it concerns nobody else. */
const isUnseen = (world: World, { operation }: Owned): boolean =>
  isOkWrite(operation) &&
  operationsOf(world).every(
    (other) => other.operation === operation || other.operation.streamSequence !== operation.streamSequence,
  ) &&
  operationsOf(world).every((other) => other.operation.detail !== operation.streamSequence);

/** A get of the planted kind: nobody else does anything at that time. */
function addGet(
  world: World,
  more: Partial<Operation> & Pick<Operation, 'subject' | 'sentNs' | 'doneNs'>,
): void {
  const { operations } = world.writers[0]!;
  const sequence = operations.reduce((most, one) => Math.max(most, one.sequence), -1) + 1;
  operations.push({
    ...{ kind: 'get', sequence, dueNs: more.sentNs, streamSequence: 0, detail: 0, value: undefined },
    ...{ outcome: 'ok', reason: '' },
    ...more,
  });
}

const endOf = (world: World): number =>
  Math.max(0, ...operationsOf(world).map(({ operation }) => operation.doneNs));

export const BUCKET_PLANTERS: readonly Planter[] = [
  {
    check: 'kv-linearizable',
    anomaly: 'a compare-and-set passed although somebody had written in between',
    isViolation: true,
    plant(world, random) {
      const one = pick(world, random, ({ operation }) => {
        if (operation.kind !== 'compare-and-set' || operation.outcome !== 'ok') return false;
        return operationsOf(world).some(
          (other) =>
            isOkWrite(other.operation) &&
            other.operation.subject === operation.subject &&
            other.operation.streamSequence === operation.detail,
        );
      });
      if (one === undefined) return undefined;
      one.operation.detail = 0;
      return { lostUpdate: 1 };
    },
  },
  {
    check: 'kv-linearizable',
    anomaly: 'a compare-and-set passed over a revision of another key',
    isViolation: true,
    plant(world, random) {
      const one = pick(world, random, (owned) => {
        const { kind, outcome, detail, streamSequence } = owned.operation;
        return kind === 'compare-and-set' && outcome === 'ok' && detail > 0 && streamSequence > detail + 1;
      });
      const other =
        one &&
        pick(
          world,
          random,
          ({ operation }) =>
            isOkWrite(operation) &&
            operation.subject !== one.operation.subject &&
            operation.streamSequence > one.operation.detail &&
            operation.streamSequence < one.operation.streamSequence,
        );
      if (other === undefined) return undefined;
      one!.operation.detail = other.operation.streamSequence;
      return { lostUpdate: 1 };
    },
  },
  {
    check: 'kv-linearizable',
    anomaly: 'two writes got one revision',
    isViolation: true,
    plant(world, random) {
      const one = pick(world, random, ({ operation }) => isOkWrite(operation) && operation.kind === 'put');
      if (one === undefined) return undefined;
      addGet(world, { ...one.operation, sequence: undefined as never, detail: 0 } as Operation);
      const added = world.writers[0]!.operations.at(-1)!;
      added.sequence = 10_000;
      return { sameRevision: 1 };
    },
  },
  {
    check: 'kv-linearizable',
    anomaly: 'a get shows what nobody wrote there',
    isViolation: true,
    plant(world, random) {
      const get = pick(
        world,
        random,
        ({ operation }) => operation.kind === 'get' && operation.value !== undefined,
      );
      const other = get && pick(world, random, ({ operation }) => operation.kind === 'get');
      if (other === undefined) return undefined;
      // The stamp of an operation that writes nothing.
      get!.operation.value = { writer: other.writer.writer, sequence: other.operation.sequence };
      return { wrongValue: 1 };
    },
  },
  {
    check: 'kv-linearizable',
    anomaly: 'a get shows a write that was refused',
    isViolation: true,
    plant(world, random) {
      const failed = pick(
        world,
        random,
        ({ operation }) => operation.kind === 'compare-and-set' && operation.outcome === 'failed',
      );
      if (failed === undefined) return undefined;
      const endNs = endOf(world);
      const value = { writer: failed.writer.writer, sequence: failed.operation.sequence };
      const { subject } = failed.operation;
      addGet(world, { subject, value, streamSequence: 9999, sentNs: endNs + 1000, doneNs: endNs + 2000 });
      return { failedWrite: 1 };
    },
  },
  {
    check: 'kv-linearizable',
    anomaly: 'a get shows what had not been sent yet',
    isViolation: true,
    plant(world, random) {
      const one = pick(world, random, ({ operation }) => isOkWrite(operation) && operation.kind === 'put');
      if (one === undefined) return undefined;
      const { sentNs, subject, streamSequence } = one.operation;
      const value = { writer: one.writer.writer, sequence: one.operation.sequence };
      addGet(world, { subject, value, streamSequence, sentNs: sentNs - 2, doneNs: sentNs - 1 });
      return { future: 1 };
    },
  },
  {
    check: 'kv-linearizable',
    anomaly: 'the last value of a key is lost',
    isViolation: true,
    plant(world, random) {
      const stream = world.streams[0]!;
      const isLast = (owned: Owned) =>
        isOkWrite(owned.operation) &&
        stream.read!.messages.some(({ streamSequence }) => streamSequence === owned.operation.streamSequence);
      const one = pick(world, random, isLast);
      if (one === undefined) return undefined;
      stream.read!.messages = stream.read!.messages.filter(
        ({ streamSequence }) => streamSequence !== one.operation.streamSequence,
      );
      return { lostWrite: 1 };
    },
  },
  {
    check: 'kv-linearizable',
    anomaly: 'a write that was over before another began has a later revision',
    isViolation: true,
    plant(world, random) {
      const one = pick(
        world,
        random,
        (owned) =>
          isUnseen(world, owned) &&
          owned.operation.kind === 'put' &&
          operationsOf(world).some(
            ({ operation }) =>
              isOkWrite(operation) &&
              operation.subject === owned.operation.subject &&
              operation.streamSequence < owned.operation.streamSequence &&
              operation.sentNs > START + 20,
          ),
      );
      if (one === undefined) return undefined;
      // It was over before anything began, and yet it has a later revision than those.
      Object.assign(one.operation, { dueNs: START + 1, sentNs: START + 1, doneNs: START + 2 });
      return { order: 1 };
    },
  },
  {
    check: 'kv-linearizable',
    anomaly: 'a get of the leader is stale',
    isViolation: true,
    plant(world, random) {
      const one = pick(
        world,
        random,
        ({ operation }) => isOkWrite(operation) && operation.streamSequence > 0,
      );
      if (one === undefined) return undefined;
      const endNs = endOf(world) + NS.ms;
      const { subject } = one.operation;
      addGet(world, { subject, sentNs: endNs, doneNs: endNs + 1000 });
      return { stale: 1 };
    },
  },
  {
    check: 'stale-reads',
    anomaly: 'a get is stale by a second and more than may be',
    isViolation: true,
    plant(world, random) {
      const one = pick(
        world,
        random,
        ({ operation }) => isOkWrite(operation) && operation.streamSequence > 0,
      );
      if (one === undefined) return undefined;
      const endNs = endOf(world) + NS.s;
      addGet(world, { subject: one.operation.subject, sentNs: endNs, doneNs: endNs + 1000 });
      return { gets: 1, stale: 1, tooStale: 1 };
    },
  },
  {
    check: 'immutability',
    anomaly: 'a get shows something else than what was written at its revision',
    isViolation: true,
    plant(world, random) {
      const one = pick(
        world,
        random,
        ({ operation }) =>
          operation.kind === 'get' &&
          operation.outcome === 'ok' &&
          operation.value !== undefined &&
          operationsOf(world).some(
            ({ operation: write }) =>
              isOkWrite(write) &&
              write.subject === operation.subject &&
              write.streamSequence === operation.streamSequence,
          ),
      );
      if (one === undefined) return undefined;
      const { writer, sequence } = one.operation.value!;
      one.operation.value = { writer, sequence: sequence + 1000 };
      return { got: 1 };
    },
  },
];
