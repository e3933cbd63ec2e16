/** `traces:` of a scenario, resolved. */
export interface TracesPlan {
  /** Where spans are sent to by OTLP/HTTP, `/v1/traces` included; absent: they are only written to traces.ndjson. */
  readonly endpoint?: string;
  /** One in how many events begins a trace that is recorded. */
  readonly sampleEvery: number;
  /** Spans a second that are recorded at most, all threads together. */
  readonly maxSpansPerSec: number;
}

/** What a thread that records spans is told: structured-cloneable. */
export interface TraceTask {
  readonly sampleEvery: number;
  /** Traces a second that it may begin at most; 0 for a thread that only receives. */
  readonly beginsPerSec: number;
  /** Spans a second that it may record at most. */
  readonly maxSpansPerSec: number;
}

/** Names a span to others: 32 and 16 hex digits, neither all zeros. */
export interface SpanContext {
  readonly traceId: string;
  readonly spanId: string;
}

export const SPAN_KINDS = ['internal', 'server', 'client', 'producer', 'consumer'] as const;
export type SpanKind = (typeof SPAN_KINDS)[number];

export type SpanAttributes = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** Something that took from one time to another, monotonic ns. There is one only for what is sampled: it is small, and no hot path. */
export interface Span extends SpanContext {
  readonly parentId?: string;
  /** Who did it: `stormglass`, `stormglass-orders`, `stormglass-monitor`. */
  readonly service: string;
  /** One of few: what differs from one to the next is an attribute. */
  readonly name: string;
  readonly kind: SpanKind;
  readonly startNs: number;
  readonly endNs: number;
  readonly attributes: SpanAttributes;
  readonly events?: readonly SpanEvent[];
  readonly links?: readonly SpanLink[];
  /** Why it failed. */
  readonly error?: string;
}

export interface SpanEvent {
  readonly name: string;
  /** Monotonic. */
  readonly atNs: number;
  readonly attributes: SpanAttributes;
}

export interface SpanLink extends SpanContext {
  readonly attributes: SpanAttributes;
}

/** What a thread has recorded since it last said so, about a second ago. */
export interface SpanReport {
  readonly spans: readonly Span[];
  /** Spans that were not recorded because there were too many. */
  readonly skipped: number;
  /** Traces that were sampled, and not begun because there were too many. */
  readonly heldBack: number;
  /** Messages whose `traceparent` is none. */
  readonly malformed: number;
  /** The first of these. */
  readonly malformedText?: string;
}

/** The traces of a run, as its conductor sees them. */
export interface RunTraces {
  /** What each thread of a load is told, by the load's name; of one that begins no traces, or without a name, that it may begin none. */
  taskFor(load?: string): TraceTask;
  add(report: SpanReport): void;
  /** Ends what is open, and waits a little for what was not delivered yet. */
  end(): Promise<TracesResult>;
  /** Ends without a word. */
  abandon(): void;
}

export interface TracesResult {
  /** Of the run itself: its phases and faults. */
  readonly runTraceId: string;
  readonly spans: number;
  /** Traces of events that were recorded: all that is known of how slow events were is known of these. */
  readonly traces: number;
  /** One in how many events, of those that carry a `traceparent`, is sampled. */
  readonly sampleEvery: number;
  /** Traces that were sampled and not recorded: there would have been more spans than the scenario lets be recorded. */
  readonly heldBack: number;
  /** Spans that were not recorded for the same reason, so that their traces are not whole. */
  readonly skipped: number;
  /** That the endpoint did not get; 0 without one. */
  readonly undelivered: number;
  readonly malformed: number;
  /** Of those that were recorded; longest first. */
  readonly slowest: readonly SlowTrace[];
  /** What people should know: spans that were not delivered, or not written. */
  readonly troubles: readonly { readonly text: string; readonly count: number }[];
}

export interface SlowTrace {
  readonly traceId: string;
  /** Its first span: `command`, `publish`. */
  readonly what: string;
  readonly subject?: string;
  readonly load?: string;
  /** From its first beginning to its last end. */
  readonly durationNs: number;
  /** Monotonic. */
  readonly startNs: number;
  /** Ids of the faults that held meanwhile. */
  readonly faults: readonly string[];
  readonly error?: string;
}
