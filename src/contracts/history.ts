/** How an operation ended. `failed` certainly did not happen, `unknown` may have. */
export const OUTCOMES = ['ok', 'failed', 'unknown'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** A block of operations of one writer, a column a field; the arrays are `count` long or longer. */
export interface OperationBlock {
  readonly count: number;
  /** The writer's own count of operations, from 0, without holes. */
  readonly sequence: Float64Array;
  /** Monotonic nanoseconds. */
  readonly dueNs: Float64Array;
  readonly sentNs: Float64Array;
  readonly doneNs: Float64Array;
  /** Index into the writer's `subjects`. */
  readonly subject: Uint16Array;
  /** The stream sequence that the acknowledgement named; 0 when there is none. */
  readonly streamSequence: Float64Array;
  /** Index into OUTCOMES. */
  readonly outcome: Uint8Array;
  /** Index into the writer's `reasons`; 0 is no reason. */
  readonly reason: Uint16Array;
}

/** The operations of one writer, read block by block; can be read any number of times. */
export interface WriterHistory {
  readonly load: string;
  readonly writer: number;
  readonly subjects: readonly string[];
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
}

/** What was read back from one stream at the end. Parallel columns, in stream order. */
export interface StreamRead {
  readonly stream: string;
  readonly count: number;
  readonly writer: Uint16Array;
  readonly sequence: Float64Array;
  readonly streamSequence: Float64Array;
  /** Messages that carry no stamp of this run. */
  readonly foreign: number;
  /** How far the read was meant to go: what was stored beyond, later than it was read, it says nothing about. */
  readonly throughSequence: number;
  /** True when the read reached `throughSequence`, or the stream's end before it; false when it gave up, and why. */
  readonly complete: boolean;
  readonly gaveUp?: string;
  /** There was nothing to read: the stream itself has vanished, and with it all that it had acknowledged. */
  readonly gone: boolean;
}

export interface History {
  readonly writers: readonly WriterHistory[];
  readonly reads: readonly StreamRead[];
  /** The streams that capture a subject. */
  streamOf(subject: string): string | undefined;
  /** Which of a stream's own settings may remove messages, by name: `max_age`; none for one that keeps everything. */
  removersOf(stream: string): readonly string[];
  /** When each fault held: for the stories. */
  readonly faults: readonly {
    readonly id: string;
    readonly kind: string;
    readonly fromNs: number;
    readonly toNs: number;
  }[];
  /** Monotonic time of the start of the load: stories tell time from here. */
  readonly startNs: number;
}
