import type { History, OperationKind } from './history.js';
import type { LoadKindFacts } from './load.js';
import type { StreamPlan } from './plan/streams.js';

export interface CheckResult {
  readonly name: string;
  readonly verdict: 'pass' | 'fail' | 'unknown';
  /** One plain sentence: `0 of 1,204,311 acknowledged events lost`. */
  readonly sentence: string;
  readonly counts: Readonly<Record<string, number>>;
  /** What was found that is worth a place on the timeline, most serious first; none where there was nothing. */
  readonly sets: readonly CheckSet[];
  /** Up to 32 small stories: written when, acknowledged by whom, during which fault, last seen where. */
  readonly examples: readonly string[];
}

/** Operations or messages of which the same is to be said. */
export interface CheckSet {
  /** `lost`, `evicted`, `duplicated beyond the window`. */
  readonly name: string;
  readonly meaning: 'violation' | 'allowed' | 'doubt';
  readonly count: number;
  /** Whole seconds after the start of the load, ascending, and how many of them belong there; bounded in length. */
  readonly overTime: readonly (readonly [second: number, count: number])[];
}

/**
 * What of a history is gathered only where a check needs it: what is read back from the streams, from each of their
 * replicas, what is seen of the streams and of their consumers while the load runs, what became of core events.
 */
export type HistoryPart = 'reads' | 'replicas' | 'streams' | 'consumers' | 'deliveries';

/** Pure over a history. One that throws counts as unknown. */
export interface Checker {
  readonly name: string;
  readonly summary: string;
  /** The operations that it judges; a scenario must have a load that records one of them. None: it needs no history. */
  readonly judges: readonly OperationKind[];
  /** What it looks at beside the operations; all there is unless told. Parts that no check of a run needs are empty. */
  readonly needs?: readonly HistoryPart[];
  /** @param params its options, as its schema resolved them; {} for a check without */
  check(history: History, params: Readonly<Record<string, unknown>>): CheckResult;
}

/** What of a scenario a check may depend on. */
export interface CheckScene {
  /** What the kinds of its loads are like. */
  readonly loads: readonly LoadKindFacts[];
  /** Its own, and those that its loads make. */
  readonly streams: readonly StreamPlan[];
  /** The streams may exist already, otherwise than planned, on servers that we did not start. */
  readonly isExternal: boolean;
}

/** Why a check can find out nothing in a scenario, whatever happens, and what to do. */
export interface CheckLack {
  readonly message: string;
  readonly hint: string;
}
