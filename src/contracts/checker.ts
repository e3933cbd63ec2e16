import type { History, OperationKind } from './history.js';

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

/** Pure over a history. One that throws counts as unknown. */
export interface Checker {
  readonly name: string;
  readonly summary: string;
  /** The operations that it judges; a scenario must have a load that records one of them. None: it needs no history. */
  readonly judges: readonly OperationKind[];
  /** @param params its options, as its schema resolved them; {} for a check without */
  check(history: History, params: Readonly<Record<string, unknown>>): CheckResult;
}
