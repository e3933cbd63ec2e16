import { keyOf, type ShrinkCase } from './case.js';
import { type Demand, demandOf, judge, runsToShow, type Tally } from './failure-bound.js';
import { REDUCTIONS } from './reductions.js';
import { RunsSpent, type TrialHands, Trials } from './trials.js';

export interface ShrinkOptions {
  readonly original: ShrinkCase;
  /** Of the original's probability to fail, how much a smaller case must keep: above 0 and below 1. */
  readonly share: number;
  /** Runs of one case, at the most; unless told, as many as the share takes. */
  readonly repeat?: number;
  /** Runs in all, at the most. */
  readonly mostRuns: number;
  /** What runs of before have shown, by the key of their case. */
  readonly known?: ReadonlyMap<string, Tally>;
  readonly hands: ShrinkHands;
}

export interface ShrinkHands extends TrialHands {
  /** Told when it is known how often the original fails, if it does. */
  onOriginal(tally: Tally, demand: Demand): void;
  /** Told of each smaller case that fails, and how often it and the original did; of the original first. */
  onSmaller(smaller: ShrinkCase, tallies: { readonly original: Tally; readonly tally: Tally }): void;
  /** Whether what `run` rejected with only means that nothing more is to be run. */
  isEnd(error: unknown): boolean;
}

export interface ShrinkResult {
  /** Absent when the original did not fail once. */
  readonly smallest?: ShrinkCase;
  readonly original: Tally;
  readonly tally: Tally;
  readonly demand?: Demand;
  /** It fails as often as is demanded; false when that was not shown before the end. */
  readonly confirmed: boolean;
  /** Nothing smaller that could be tried fails; false when there was no time or no run left to try it. */
  readonly complete: boolean;
}

/** Runs of an original that does not always fail, by which its probability is estimated. */
const ORIGINAL_RUNS = 10;

/** Makes a case that fails as small as it can: fewer faults, shorter ones, less load, fewer nodes, until nothing more goes. */
export async function shrink(options: ShrinkOptions): Promise<ShrinkResult> {
  return new Shrinking(options).run();
}

class Shrinking {
  readonly #options: ShrinkOptions;
  readonly #trials: Trials;
  #smallest: ShrinkCase;

  constructor(options: ShrinkOptions) {
    this.#options = options;
    this.#trials = new Trials(options.hands, options.mostRuns, options.known);
    this.#smallest = options.original;
  }

  async run(): Promise<ShrinkResult> {
    const { original, share, repeat, hands } = this.#options;
    const isWhole = await this.#untilEnd(() => this.#repeatOriginal());
    const first = this.#trials.tallyOf(original);
    if (first.fails === 0) {
      return { original: first, tally: first, confirmed: false, complete: isWhole };
    }
    const demand = demandOf(first, share, repeat);
    hands.onOriginal(first, demand);
    this.#take(original);
    let complete = isWhole;
    if (isWhole && first.passes === 0) {
      // One run tells, as long as that is true of smaller cases: whether it was, is seen at the end.
      const kept = Math.min(demand.mostRuns, runsToShow(share)) - 1;
      complete = await this.#untilEnd(() => this.#reduce((of) => this.#trials.failsAtOnce(of, kept)));
      const isConfirmed = await this.#untilEnd(async () => {
        if (await this.#trials.failsOftenEnough(this.#smallest, demand)) return;
        this.#take(original);
        complete = await this.#untilEnd(() => this.#reduceWith(demand));
      });
      complete &&= isConfirmed;
    } else if (isWhole) {
      complete = await this.#untilEnd(() => this.#reduceWith(demand));
    }
    const smallest = this.#smallest;
    const tally = this.#trials.tallyOf(smallest);
    const confirmed = smallest === original || judge(tally, demand) === 'fails';
    return { smallest, original: this.#trials.tallyOf(original), tally, demand, confirmed, complete };
  }

  /** Enough runs to say how often it fails: few where it always does. */
  async #repeatOriginal(): Promise<void> {
    const { original, share, repeat } = this.#options;
    const few = repeat ?? runsToShow(share);
    const many = repeat ?? ORIGINAL_RUNS;
    for (let attempts = 0; attempts < 2 * many; attempts++) {
      const { fails, passes, unresolved } = this.#trials.tallyOf(original);
      if (fails + passes >= (passes === 0 ? few : many) || unresolved >= many) return;
      await this.#trials.runOnce(original);
    }
  }

  #reduceWith(demand: Demand): Promise<void> {
    return this.#reduce((of) => this.#trials.failsOftenEnough(of, demand));
  }

  /** Until none of the reductions makes it any smaller. */
  async #reduce(fails: (of: ShrinkCase) => Promise<boolean>): Promise<void> {
    const tries = async (candidate: ShrinkCase): Promise<boolean> => {
      if (keyOf(candidate) === keyOf(this.#smallest) || !(await fails(candidate))) return false;
      this.#take(candidate);
      return true;
    };
    for (let before: ShrinkCase | undefined; before !== this.#smallest; ) {
      before = this.#smallest;
      for (const reduction of REDUCTIONS) await reduction(this.#smallest, tries);
    }
  }

  #take(smaller: ShrinkCase): void {
    const { original, hands } = this.#options;
    this.#smallest = smaller;
    hands.onSmaller(smaller, {
      original: this.#trials.tallyOf(original),
      tally: this.#trials.tallyOf(smaller),
    });
  }

  /** Whether some work was done to its end, rather than to the last run that there may be. */
  async #untilEnd(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      if (error instanceof RunsSpent || this.#options.hands.isEnd(error)) return false;
      throw error;
    }
  }
}
