import type { MetricSource } from '../../contracts/metric.js';

/** What a field of an event turned out to be. */
export const FIELD = { absent: 0, text: 1, number: 2, boolean: 3, other: 4 } as const;

/**
 * One event as the books see it: there is one such object, filled in again for each; what it refers to lives as long as the
 * call. Places are offsets in `buffer`.
 */
export interface ScannedEvent {
  readonly buffer: Uint8Array;
  /** Index of domain and type, and of the domain; see SeriesTable. */
  readonly series: number;
  readonly domain: number;
  readonly subjectStart: number;
  readonly subjectEnd: number;
  /** Monotonic. */
  readonly receivedNs: number;
  /** From when it was due or happened; −1 when that is not known or cannot be believed. */
  readonly lagNs: number;
  /** What it says of how it ended, by its fields or its type: see BookScene.outcomes; −1 for nothing. */
  readonly outcome: number;
  /** Which load its writer belongs to, see BookScene.loads; 0 where that is not known. */
  readonly load: number;
  /** Where the 32 hex digits of its trace stand, from the header `traceparent`; −1 when it has none. */
  readonly traceStart: number;
  /**
   * By the number that `wantField` gave: a value of FIELD. All are absent where the event is no JSON object; what is `null`
   * is absent.
   */
  readonly fieldKinds: Uint8Array;
  /** Of a text: what it says, in UTF-8; of others: their bytes. */
  readonly fieldStarts: Int32Array;
  readonly fieldEnds: Int32Array;
  /** Of a number its value, of a boolean 0 or 1. */
  readonly fieldNumbers: Float64Array;
}

/** Says which fields a book needs, before the first event: any of these names, dots lead into objects. Returns its number. */
export type WantField = (...names: readonly string[]) => number;

/**
 * Follows something from event to event. `onEvent` is the hot path: it must allocate nothing for what it knows already. It is
 * told of events in which some wanted field, of whichever book, was found, or which are traced.
 */
export interface EventBook extends MetricSource {
  /** True: it is told of every event, such as those that are nothing but a stamp. */
  readonly everyEvent?: boolean;
  onEvent(event: ScannedEvent): void;
  /** About once a second. */
  tick(nowNs: number): void;
  /** Events can be seen from now on, or cannot: whoever is silent meanwhile may have spoken. */
  onSight?(isSeeing: boolean, nowNs: number): void;
}
