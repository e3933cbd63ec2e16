import { NS } from '../../../../src/base/clock.js';
import type { Operation, World } from '../world.js';
import {
  addGet,
  isAny,
  isOkWrite,
  okPuts,
  okWrites,
  okWritesWithRevision,
  operationsWhere,
} from './bucket-operations.js';
import { endOf } from './owned-operations.js';
import { type Planter, plantersOf } from './planter.js';

const { violation } = plantersOf('kv-linearizable');

/** Before anything is sent. */
const START_NS = 499 * NS.s;

const isOkSet = ({ kind, outcome }: Operation): boolean => kind === 'compare-and-set' && outcome === 'ok';

/** Whether it is the last revision of a key, seen by nobody but its writer: what is done to it concerns nobody else. */
const isUnseen = (one: Operation, world: World): boolean =>
  isOkWrite(one) &&
  !isAny(world, (other) => other !== one && other.streamSequence === one.streamSequence) &&
  !isAny(world, (other) => other.detail === one.streamSequence);

export const LINEARIZABLE_PLANTERS: readonly Planter[] = [
  violation(
    'a compare-and-set passed although somebody had written in between',
    operationsWhere(
      (one, world) =>
        isOkSet(one) &&
        isAny(
          world,
          (other) => isOkWrite(other) && other.subject === one.subject && other.streamSequence === one.detail,
        ),
    ),
    ({ operation }) => {
      operation.detail = 0;
      return { lostUpdate: 1 };
    },
  ),
  violation(
    'a compare-and-set passed over a revision of another key',
    operationsWhere((one) => isOkSet(one) && one.detail > 0 && one.streamSequence > one.detail + 1),
    ({ operation: set }, world, random) => {
      const between = okWrites(world).filter(
        ({ operation }) =>
          operation.subject !== set.subject &&
          operation.streamSequence > set.detail &&
          operation.streamSequence < set.streamSequence,
      );
      if (between.length === 0) return undefined;
      set.detail = random.pick(between).operation.streamSequence;
      return { lostUpdate: 1 };
    },
  ),
  violation('two writes got one revision', okPuts, ({ operation }, world) => {
    addGet(world, { ...operation, sequence: 10_000, detail: 0 });
    return { sameRevision: 1 };
  }),
  violation(
    'a get shows what nobody wrote there',
    operationsWhere(({ kind, value }) => kind === 'get' && value !== undefined),
    ({ operation: get }, world, random) => {
      const other = random.pick(operationsWhere(({ kind }) => kind === 'get')(world));
      // The stamp of an operation that writes nothing.
      get.value = { writer: other.writer.writer, sequence: other.operation.sequence };
      return { wrongValue: 1 };
    },
  ),
  violation(
    'a get shows a write that was refused',
    operationsWhere(({ kind, outcome }) => kind === 'compare-and-set' && outcome === 'failed'),
    ({ writer, operation }, world) => {
      const endNs = endOf(world);
      const value = { writer: writer.writer, sequence: operation.sequence };
      const { subject } = operation;
      addGet(world, { subject, value, streamSequence: 9999, sentNs: endNs + 1000, doneNs: endNs + 2000 });
      return { failedWrite: 1 };
    },
  ),
  violation('a get shows what had not been sent yet', okPuts, ({ writer, operation }, world) => {
    const { sentNs, subject, streamSequence, sequence } = operation;
    const value = { writer: writer.writer, sequence };
    addGet(world, { subject, value, streamSequence, sentNs: sentNs - 2, doneNs: sentNs - 1 });
    return { future: 1 };
  }),
  violation(
    'the last value of a key is lost',
    operationsWhere(
      (one, world) =>
        isOkWrite(one) &&
        world.streams[0]!.read!.messages.some(({ streamSequence }) => streamSequence === one.streamSequence),
    ),
    ({ operation }, world) => {
      const read = world.streams[0]!.read!;
      read.messages = read.messages.filter(
        ({ streamSequence }) => streamSequence !== operation.streamSequence,
      );
      return { lostWrite: 1 };
    },
  ),
  violation(
    'a write that was over before another began has a later revision',
    operationsWhere(
      (one, world) =>
        one.kind === 'put' &&
        isUnseen(one, world) &&
        isAny(
          world,
          (other) =>
            isOkWrite(other) &&
            other.subject === one.subject &&
            other.streamSequence < one.streamSequence &&
            other.sentNs > START_NS + 20,
        ),
    ),
    ({ operation }) => {
      // It was over before anything began, and yet it has a later revision than those.
      Object.assign(operation, { dueNs: START_NS + 1, sentNs: START_NS + 1, doneNs: START_NS + 2 });
      return { order: 1 };
    },
  ),
  violation('a get of the leader is stale', okWritesWithRevision, ({ operation }, world) => {
    const sentNs = endOf(world) + NS.ms;
    addGet(world, { subject: operation.subject, sentNs, doneNs: sentNs + NS.us });
    return { stale: 1 };
  }),
];
