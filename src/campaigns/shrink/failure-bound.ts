import { lowerBound, tailFrom, upperBound } from '../../metrics/clopper-pearson.js';

/** What the runs of one case came to. */
export interface Tally {
  readonly fails: number;
  readonly passes: number;
  /** Runs that say neither: they count for nothing. */
  readonly unresolved: number;
}

/** When a case counts as failing: with this confidence, it fails with at least this probability. */
export interface Demand {
  readonly leastProbability: number;
  /** Of 1: how often at the most a case counts as failing though it fails less often than that. */
  readonly alpha: number;
  /** Runs of one case, at the most. */
  readonly mostRuns: number;
}

/** A case that counts as failing and does not fail often enough makes the result wrong; the other way, only larger. */
const ALPHA_FAILS = 0.1;
const ALPHA_PASSES = 0.25;
/** A case that fails as often as the original is to be recognised so often. */
const POWER = 0.8;
const MOST_RUNS = 40;
/** A case of which nothing can be told is given up after so many runs. */
export const MOST_UNRESOLVED = 2;

/** Runs that all fail and thereby show a probability of at least `share`, with the confidence that is asked for. */
export const runsToShow = (share: number): number => Math.ceil(Math.log(ALPHA_FAILS) / Math.log(share));

/**
 * What is asked of a case, so that it fails at least `share` times as often as the original did.
 *
 * @param repeat how many runs of one case there may be; unless told, as many as it takes to recognise four of five cases
 * that fail as often as the original. With fewer the confidence is smaller: as much as so many failures can give.
 */
export function demandOf(original: Pick<Tally, 'fails' | 'passes'>, share: number, repeat?: number): Demand {
  const probability = original.fails / (original.fails + original.passes);
  const leastProbability = share * probability;
  const mostRuns = repeat ?? runsToRecognise(probability, leastProbability);
  return { leastProbability, mostRuns, alpha: Math.max(ALPHA_FAILS, leastProbability ** mostRuns) };
}

function runsToRecognise(probability: number, leastProbability: number): number {
  for (let runs = 1; runs < MOST_RUNS; runs++) {
    const fails = leastFails(runs, leastProbability);
    if (fails !== undefined && tailFrom(fails, runs, probability) >= POWER) return runs;
  }
  return MOST_RUNS;
}

/** How many of so many runs must fail; `undefined` when not even all of them would show it. */
function leastFails(runs: number, leastProbability: number): number | undefined {
  for (let fails = 1; fails <= runs; fails++) {
    if (lowerBound(fails, runs, ALPHA_FAILS) >= leastProbability) return fails;
  }
  return undefined;
}

/** Rounding must not keep a bound from being reached that was set to be reached. */
const NEARLY = 1e-9;

/**
 * What a case counts as, after the runs that it had; `undefined` when it takes another one. The bounds are those of
 * Clopper and Pearson, looked at after each run; what is not shown in as many runs as there may be counts as passing.
 */
export function judge(
  { fails, passes, unresolved }: Tally,
  demand: Demand,
): 'fails' | 'passes' | 'unresolved' | undefined {
  const runs = fails + passes;
  if (runs > 0 && lowerBound(fails, runs, demand.alpha) >= demand.leastProbability - NEARLY) return 'fails';
  if (unresolved >= MOST_UNRESOLVED && unresolved > runs) return 'unresolved';
  if (runs > 0 && upperBound(fails, runs, ALPHA_PASSES) < demand.leastProbability) return 'passes';
  if (runs >= demand.mostRuns) return 'passes';
  // All that are left would have to fail.
  const best = lowerBound(fails + demand.mostRuns - runs, demand.mostRuns, demand.alpha);
  return best < demand.leastProbability - NEARLY ? 'passes' : undefined;
}
