/** How an operation ended. `failed` certainly did not happen, `unknown` may have. */
export const OUTCOMES = ['ok', 'failed', 'unknown'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** What an operation was: its index is the column `kind`. New ones go to the end, for files that were written before. */
export const OPERATION_KINDS = [
  /** To a stream; ok when it acknowledged. */
  'publish',
  /** Of a key, whatever it held before. */
  'put',
  /** Of a key, should it still have the revision `detail`; failed when it had not, with the one it had if that was told. */
  'compare-and-set',
  /** Of a key: what was read is `streamSequence` (its revision, 0: no such key) and the value's stamp. */
  'get',
  /** A message that a consumer delivered: its stream sequence, its stamp, and the how manyth delivery (`detail`). */
  'deliver',
  /**
   * An acknowledgement of a delivery; ok when the server confirmed it, or was not asked to: then it has no `doneNs`, and
   * may have been lost on the way. Where a consumer acknowledges all before it, so does this one.
   */
  'ack',
  /** A request; ok when it was replied to. */
  'request',
  /** A delivery refused, to come again; otherwise as `ack`. */
  'nak',
  /** A delivery refused for good, not to come again; otherwise as `ack`. */
  'term',
] as const;
export type OperationKind = (typeof OPERATION_KINDS)[number];

/** As `valueSequence`: nothing was read, or nothing with a stamp. */
export const NO_STAMP = -1;

/**
 * A block of operations of one writer, a column a field; the arrays are `count` long or longer. It is good until the next
 * one is asked for: whoever reads may use the same arrays again, and may decode a column when it is looked at for the
 * first time (so that `{ ...block }` copies none; name the columns).
 */
export interface OperationBlock {
  readonly count: number;
  /** Index into OPERATION_KINDS. */
  readonly kind: Uint8Array;
  /** The writer's own count of operations, from 0, without holes. */
  readonly sequence: Float64Array;
  /** Monotonic nanoseconds; 0 for what it did not come to. A delivery has only `doneNs`, which is its `dueNs`. */
  readonly dueNs: Float64Array;
  readonly sentNs: Float64Array;
  readonly doneNs: Float64Array;
  /** Index into the writer's `subjects`: where it went; of deliveries and their acknowledgements, the consumer. */
  readonly subject: Uint32Array;
  /** What the acknowledgement named, what was read, delivered or acknowledged; 0 when there is none. */
  readonly streamSequence: Float64Array;
  /**
   * compare-and-set: the revision it expected; deliver, ack, nak and term: which delivery of the message, from 1;
   * publish: 1 when it was acknowledged as a duplicate. Else 0.
   */
  readonly detail: Float64Array;
  /** The stamp of what was read or delivered: who wrote it, as which operation. NO_STAMP is none. */
  readonly valueWriter: Uint16Array;
  readonly valueSequence: Float64Array;
  /** Index into OUTCOMES. */
  readonly outcome: Uint8Array;
  /** Index into the writer's `reasons`; 0 is no reason. */
  readonly reason: Uint16Array;
}

/** The operations of one writer, read block by block; can be read any number of times. */
export interface WriterHistory {
  readonly load: string;
  /**
   * The thread, among all of the run's: what its events and values are stamped with. A thread that consumes has one as
   * well, which then stands in no stamp.
   */
  readonly writer: number;
  /**
   * Of consumers: `STREAM > CONSUMER`. Those of kv are all keys, a million perhaps: made when they are first asked for, and
   * the same array for writers that have the same subjects.
   */
  readonly subjects: readonly string[];
  /** The kinds of operation that it may hold. */
  readonly kinds: readonly OperationKind[];
  /** Each of its messages has an id of its own (Nats-Msg-Id), by which a stream knows duplicates; absent: they have none. */
  readonly messageIds?: boolean;
  /** The name of a reason; '' for 0. Complete after the blocks were read. */
  reason(index: number): string;
  blocks(): Iterable<OperationBlock>;
  /** False when the file ends in the middle of a block: the writer was killed. */
  readonly complete: boolean;
}

/** What to read of a stream: from where it began for this run to where it ended. */
export interface StreamSpan {
  readonly stream: string;
  readonly subjects: readonly string[];
  readonly fromSequence: number;
  /** 0 when nobody could say where it ends. */
  readonly throughSequence: number;
  /** The servers say that there is no such stream any more. */
  readonly gone: boolean;
  /** How many replicas it is to have; 1 unless told. */
  readonly replicas?: number;
}

/** A stretch of what was read from a stream, in stream order: parallel columns, `count` long or longer. */
export interface ReadBlock {
  readonly count: number;
  /** The i-th message has the stream sequence `baseSequence + offset[i]`. */
  readonly baseSequence: number;
  readonly offset: Uint32Array;
  /** The stamp: who wrote it, as which operation; 2^32 − 1 for one beyond all that a writer counts to. */
  readonly writer: Uint16Array;
  readonly sequence: Uint32Array;
  /** CRC-32 of its payload. The events of a batch have their message's. */
  readonly digest: Uint32Array;
}

/** What was read back from one stream at the end, of messages that carry a stamp. */
export interface StreamRead {
  readonly stream: string;
  /** In all blocks together. */
  readonly count: number;
  readonly blocks: readonly ReadBlock[];
  /** Messages that carry no stamp of this run. */
  readonly foreign: number;
  /** How far the read was meant to go: what was stored beyond, later than it was read, it says nothing about. */
  readonly throughSequence: number;
  /** True when the read reached `throughSequence`, or the stream's end before it; false when it gave up, and why. */
  readonly complete: boolean;
  readonly gaveUp?: string;
  /** There was nothing to read: the stream itself has vanished, and with it all that it had acknowledged. */
  readonly gone: boolean;
  /** When the read ended, monotonic: what it did not find was not there by then. Absent where nobody noted it. */
  readonly endedNs?: number;
}

/** What one replica of a stream has in its own store. */
export interface ReplicaRead extends StreamRead {
  readonly node: string;
}

/** All that was read back at the end. */
export interface ReadBack {
  /** Through a consumer, one a stream. */
  readonly reads: readonly StreamRead[];
  /** From every replica of the streams that have more than one, where that was asked for. */
  readonly replicas: readonly ReplicaRead[];
}

/** How a read was made. */
export interface ReadManner {
  readonly tookNs: number;
  /** `consumer`: delivered by one; `leader`: message by message, from the one who leads the stream. */
  readonly way: 'consumer' | 'leader';
}

/** A stream, as the servers describe it. */
export interface StreamFacts {
  readonly stream: string;
  /** By the server's own names, when the run began; durations in nanoseconds. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Where this run's part of it begins. */
  readonly fromSequence: number;
  /** What was seen of it, in this order in time: about once a second under load, and at the end. */
  readonly looks: readonly StreamLook[];
}

/** What a stream's leader said of it at one time. */
export interface StreamLook {
  /** Monotonic: when it was asked. */
  readonly atNs: number;
  /** False: the servers say that there is none. When nobody can say, there is no look. */
  readonly exists: boolean;
  readonly leader?: string;
  /** When the stream was created, ISO 8601: one that was created anew is another one. */
  readonly created?: string;
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly messages: number;
  readonly bytes: number;
}

/** A consumer that a load reads from. */
export interface ConsumerFacts {
  readonly stream: string;
  readonly consumer: string;
  /** By the server's own names; durations in nanoseconds. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly looks: readonly ConsumerLook[];
}

export interface ConsumerLook {
  readonly atNs: number;
  readonly exists: boolean;
  readonly deliveredStreamSequence: number;
  readonly ackFloorStreamSequence: number;
  readonly ackPending: number;
  readonly pending: number;
  readonly redelivered: number;
}

/** What became of a load's events that nobody acknowledges: sent, and received by those who listen. */
export interface CoreDelivery {
  readonly load: string;
  /** Handed to a connection that was up. */
  readonly sent: number;
  readonly received: number;
  /** Sent and not received, as far as their numbers tell; see `lost` of the load's counters. */
  readonly lost: number;
  /** What may have lost them, each with its count and first text: `the monitor was blind for 2 s`, `slow consumer …`. */
  readonly explanations: readonly string[];
}

export interface History {
  readonly writers: readonly WriterHistory[];
  /** Through a consumer, one a stream. */
  readonly reads: readonly StreamRead[];
  /** From every replica of the streams that have more than one. */
  readonly replicas: readonly ReplicaRead[];
  readonly streams: readonly StreamFacts[];
  readonly consumers: readonly ConsumerFacts[];
  readonly deliveries: readonly CoreDelivery[];
  /** The stream that captures a subject. */
  streamOf(subject: string): string | undefined;
  /** When each fault held: for the stories. */
  readonly faults: readonly {
    readonly id: string;
    readonly kind: string;
    readonly targets: readonly string[];
    readonly fromNs: number;
    readonly toNs: number;
  }[];
  /** Monotonic time of the start of the load: stories tell time from here. */
  readonly startNs: number;
}
