import { NS } from '../../src/base/clock.js';
import {
  type History,
  NO_STAMP,
  OPERATION_KINDS,
  type OperationKind,
  OUTCOMES,
  type Outcome,
  type ReplicaRead,
  type StreamFacts,
  type StreamLook,
  type StreamRead,
  type WriterHistory,
} from '../../src/contracts/history.js';
import { ReadBlocks } from '../../src/history/read-blocks.js';

/** One operation as a test tells it; times in seconds after the start of the load. */
export interface MadeOperation {
  /** `publish` unless told. */
  readonly kind?: OperationKind;
  readonly sequence: number;
  readonly outcome: Outcome;
  readonly subject?: number;
  readonly streamSequence?: number;
  readonly detail?: number;
  /** The stamp of what was read or delivered. */
  readonly value?: { readonly writer: number; readonly sequence: number };
  readonly sentSec?: number;
  readonly doneSec?: number;
  readonly reason?: string;
}

export const START_NS = 500 * NS.s;

const OPERATIONS_A_BLOCK = 3;

/** A history in memory, in blocks of three so that every test crosses their borders. */
export function madeWriter(
  writer: number,
  operations: readonly MadeOperation[],
  more: Partial<Pick<WriterHistory, 'subjects' | 'complete' | 'load'>> = {},
): WriterHistory {
  const reasons = ['', ...new Set(operations.flatMap(({ reason }) => reason ?? []))];
  return {
    load: 'orders',
    writer,
    subjects: ['cim.events.orders.Placed'],
    kinds: [...new Set(operations.map(({ kind = 'publish' }) => kind))],
    complete: true,
    reason: (index) => reasons[index] ?? '',
    *blocks() {
      for (let from = 0; from < operations.length; from += OPERATIONS_A_BLOCK) {
        const part = operations.slice(from, from + OPERATIONS_A_BLOCK);
        const column = (of: (operation: MadeOperation) => number) => Float64Array.from(part, of);
        const at = (sec: number | undefined) => (sec === undefined ? 0 : START_NS + sec * NS.s);
        yield {
          count: part.length,
          kind: Uint8Array.from(part, ({ kind = 'publish' }) => OPERATION_KINDS.indexOf(kind)),
          sequence: column(({ sequence }) => sequence),
          dueNs: column(({ sentSec, doneSec }) => at(sentSec ?? doneSec ?? 0)),
          sentNs: column(({ sentSec }) => at(sentSec)),
          doneNs: column(({ doneSec }) => at(doneSec)),
          subject: Uint32Array.from(part, ({ subject }) => subject ?? 0),
          streamSequence: column(({ streamSequence }) => streamSequence ?? 0),
          detail: column(({ detail }) => detail ?? 0),
          valueWriter: Uint16Array.from(part, ({ value }) => value?.writer ?? 0),
          valueSequence: column(({ value }) => value?.sequence ?? NO_STAMP),
          outcome: Uint8Array.from(part, ({ outcome }) => OUTCOMES.indexOf(outcome)),
          reason: Uint16Array.from(part, ({ reason }) =>
            reason === undefined ? 0 : reasons.indexOf(reason),
          ),
        };
      }
    },
    ...more,
  };
}

export interface MadeMessage {
  readonly writer: number;
  readonly sequence: number;
  readonly streamSequence: number;
  /** Follows from writer and sequence unless told. */
  readonly digest?: number;
}

type ReadManners = Partial<Pick<StreamRead, 'complete' | 'gaveUp' | 'foreign' | 'gone' | 'throughSequence'>>;

export function madeRead(
  stream: string,
  messages: readonly MadeMessage[],
  more: ReadManners = {},
): StreamRead {
  const read = new ReadBlocks();
  for (const { writer, sequence, streamSequence, digest = writer * 1_000_003 + sequence } of messages) {
    read.add(writer, sequence, streamSequence, digest);
  }
  return {
    stream,
    count: read.count,
    blocks: read.blocks,
    foreign: 0,
    throughSequence: Number.POSITIVE_INFINITY,
    complete: true,
    gone: false,
    ...more,
  };
}

export const madeReplica = (
  stream: string,
  node: string,
  messages: readonly MadeMessage[],
  more: ReadManners = {},
): ReplicaRead => ({ ...madeRead(stream, messages, more), node });

/** A stream that keeps everything, unless its configuration says otherwise. */
export const madeStream = (
  stream: string,
  config: StreamFacts['config'] = {},
  looks: readonly (Partial<StreamLook> & { readonly atSec: number })[] = [],
): StreamFacts => ({
  stream,
  config,
  fromSequence: 1,
  looks: looks.map(({ atSec, ...look }) => ({
    atNs: START_NS + atSec * NS.s,
    exists: true,
    firstSequence: 1,
    lastSequence: 0,
    messages: 0,
    bytes: 0,
    ...look,
  })),
});

export function madeHistory(
  writers: readonly WriterHistory[],
  reads: readonly StreamRead[],
  more: Partial<History> = {},
): History {
  return {
    writers,
    reads,
    replicas: [],
    streams: [madeStream('ORDERS'), madeStream('AUDIT')],
    consumers: [],
    deliveries: [],
    faults: [],
    startNs: START_NS,
    streamOf: (subject) =>
      subject.startsWith('cim.events.orders.')
        ? 'ORDERS'
        : subject.startsWith('cim.events.audit.')
          ? 'AUDIT'
          : undefined,
    ...more,
  };
}
