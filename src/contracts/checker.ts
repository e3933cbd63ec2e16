import type { History } from './history.js';

export interface CheckResult {
  readonly name: string;
  readonly verdict: 'pass' | 'fail' | 'unknown';
  /** One plain sentence: `0 of 1,204,311 acknowledged events lost`. */
  readonly sentence: string;
  readonly counts: Readonly<Record<string, number>>;
  /** Up to 32 small stories: written when, acknowledged by whom, during which fault, last seen where. */
  readonly examples: readonly string[];
}

/** Pure over a history. One that throws counts as unknown. */
export interface Checker {
  readonly name: string;
  readonly summary: string;
  check(history: History): CheckResult;
}
