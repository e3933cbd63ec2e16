import { NS } from '../../../src/base/clock.js';
import {
  type ConsumerFacts,
  type CoreDelivery,
  type History,
  NO_STAMP,
  OPERATION_KINDS,
  type OperationBlock,
  type OperationKind,
  OUTCOMES,
  type Outcome,
  type ReadBlock,
  type StreamFacts,
  type StreamLook,
  type StreamRead,
  type WriterHistory,
} from '../../../src/contracts/history.js';

/**
 * What happened in a simulated run, as plain objects: what the simulators make, the planters damage, and the reference
 * implementations read. `toHistory` turns it into the columns that the checkers read.
 */
export interface World {
  readonly writers: Writer[];
  readonly streams: Stream[];
  readonly consumers: ConsumerFacts[];
  readonly deliveries: CoreDelivery[];
  readonly faults: { id: string; kind: string; targets: string[]; fromNs: number; toNs: number }[];
}

export interface Stamp {
  readonly writer: number;
  readonly sequence: number;
}

export interface Operation {
  kind: OperationKind;
  sequence: number;
  dueNs: number;
  sentNs: number;
  doneNs: number;
  subject: string;
  streamSequence: number;
  detail: number;
  value: Stamp | undefined;
  outcome: Outcome;
  reason: string;
}

export interface Writer {
  readonly load: string;
  readonly writer: number;
  /** What it may hold. */
  readonly kinds: readonly OperationKind[];
  complete: boolean;
  /** Whether its messages have ids, by which a stream knows repeats. */
  givesIds: boolean;
  /** In the order in which they ended. */
  readonly operations: Operation[];
}

export interface Message extends Stamp {
  readonly streamSequence: number;
  readonly digest: number;
}

/** What was read of a stream, or from one replica's store of it, and how far. */
export interface Copy {
  messages: Message[];
  foreign: number;
  throughSequence: number;
  complete: boolean;
  gaveUp?: string;
  gone: boolean;
  /** When the read ended; undefined: not told. */
  endedNs: number | undefined;
}

export interface Stream {
  readonly name: string;
  readonly subjects: readonly string[];
  config: Record<string, unknown>;
  fromSequence: number;
  looks: StreamLook[];
  /** Undefined: nobody read it. */
  read: Copy | undefined;
  replicas: (Copy & { readonly node: string })[];
}

/** Every monotonic time of a simulated run is after this. */
export const START_NS = 500 * NS.s;

export const streamOf = (world: World, subject: string): Stream | undefined =>
  world.streams.find(({ subjects }) => subjects.includes(subject));

/** Small blocks, so that small histories cross their borders too; their arrays are longer than what they hold. */
const OPERATIONS_A_BLOCK = 5;
const MESSAGES_A_BLOCK = 7;
const SPARE = 2;
const GARBAGE = 77;

export function toHistory(world: World): History {
  return {
    writers: world.writers.map(toWriterHistory),
    reads: world.streams.flatMap(({ name, read }) => (read === undefined ? [] : [toRead(name, read)])),
    replicas: world.streams.flatMap(({ name, replicas }) =>
      replicas.map((replica) => ({ ...toRead(name, replica), node: replica.node })),
    ),
    streams: world.streams.map(
      ({ name, config, fromSequence, looks }): StreamFacts => ({ stream: name, config, fromSequence, looks }),
    ),
    consumers: world.consumers,
    deliveries: world.deliveries,
    faults: world.faults,
    startNs: START_NS,
    streamOf: (subject) => streamOf(world, subject)?.name,
  };
}

function toRead(stream: string, copy: Copy): StreamRead {
  const { messages, foreign, throughSequence, complete, gaveUp, gone, endedNs } = copy;
  const blocks: ReadBlock[] = [];
  for (let from = 0; from < messages.length; from += MESSAGES_A_BLOCK)
    blocks.push(toReadBlock(messages.slice(from, from + MESSAGES_A_BLOCK)));
  return {
    ...{ stream, count: messages.length, blocks },
    ...{ foreign, throughSequence, complete, gone },
    ...(gaveUp !== undefined && { gaveUp }),
    ...(endedNs !== undefined && { endedNs }),
  };
}

function toReadBlock(messages: readonly Message[]): ReadBlock {
  const baseSequence = messages[0]!.streamSequence;
  const length = messages.length + SPARE;
  const block = {
    count: messages.length,
    baseSequence,
    offset: new Uint32Array(length).fill(GARBAGE),
    writer: new Uint16Array(length).fill(GARBAGE),
    sequence: new Uint32Array(length).fill(GARBAGE),
    digest: new Uint32Array(length).fill(GARBAGE),
  };
  messages.forEach(({ writer, sequence, streamSequence, digest }, i) => {
    block.offset[i] = streamSequence - baseSequence;
    block.writer[i] = writer;
    block.sequence[i] = sequence;
    block.digest[i] = digest;
  });
  return block;
}

function toWriterHistory({ load, writer, kinds, complete, givesIds, operations }: Writer): WriterHistory {
  const subjects = [...new Set(operations.map(({ subject }) => subject))];
  const reasons = ['', ...new Set(operations.map(({ reason }) => reason).filter((reason) => reason !== ''))];
  return {
    ...{ load, writer, kinds, subjects, complete, messageIds: givesIds },
    reason: (index) => reasons[index] ?? '',
    *blocks() {
      const columns = emptyColumns();
      for (let from = 0; from < operations.length; from += OPERATIONS_A_BLOCK) {
        const part = operations.slice(from, from + OPERATIONS_A_BLOCK);
        part.forEach((operation, i) => {
          columns.kind[i] = OPERATION_KINDS.indexOf(operation.kind);
          columns.sequence[i] = operation.sequence;
          columns.dueNs[i] = operation.dueNs;
          columns.sentNs[i] = operation.sentNs;
          columns.doneNs[i] = operation.doneNs;
          columns.subject[i] = subjects.indexOf(operation.subject);
          columns.streamSequence[i] = operation.streamSequence;
          columns.detail[i] = operation.detail;
          columns.valueWriter[i] = operation.value?.writer ?? 0;
          columns.valueSequence[i] = operation.value?.sequence ?? NO_STAMP;
          columns.outcome[i] = OUTCOMES.indexOf(operation.outcome);
          columns.reason[i] = reasons.indexOf(operation.reason);
        });
        yield { count: part.length, ...columns };
        // A block is good until the next one is asked for, and no longer.
        for (const column of Object.values(columns)) column.fill(GARBAGE);
      }
    },
  };
}

function emptyColumns(): Omit<OperationBlock, 'count'> {
  const length = OPERATIONS_A_BLOCK + SPARE;
  return {
    kind: new Uint8Array(length).fill(GARBAGE),
    sequence: new Float64Array(length).fill(GARBAGE),
    dueNs: new Float64Array(length).fill(GARBAGE),
    sentNs: new Float64Array(length).fill(GARBAGE),
    doneNs: new Float64Array(length).fill(GARBAGE),
    subject: new Uint32Array(length).fill(GARBAGE),
    streamSequence: new Float64Array(length).fill(GARBAGE),
    detail: new Float64Array(length).fill(GARBAGE),
    valueWriter: new Uint16Array(length).fill(GARBAGE),
    valueSequence: new Float64Array(length).fill(GARBAGE),
    outcome: new Uint8Array(length).fill(GARBAGE),
    reason: new Uint16Array(length).fill(GARBAGE),
  };
}
