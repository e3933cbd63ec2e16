import { keyOf, type ShrinkCase } from './case.js';
import { type Demand, judge, MOST_UNRESOLVED, type Tally } from './failure-bound.js';

/** What one run showed: the failure that is looked for, nothing wrong, or something that says neither. */
export type Outcome = 'fails' | 'passes' | 'unresolved';

export interface Sight {
  readonly outcome: Outcome;
  /** For people: what the run said. */
  readonly note: string;
}

export interface Trial extends Sight {
  readonly key: string;
  readonly case: ShrinkCase;
  /** All runs of this case so far, this one among them. */
  readonly tally: Tally;
}

export interface TrialHands {
  /** Runs a case once. Rejects when nothing more is to be run. */
  run(of: ShrinkCase): Promise<Sight>;
  /** Why a case cannot be run at all, without running it. */
  refusal(of: ShrinkCase): string | undefined;
  /** Told after each run. */
  onTrial(trial: Trial): void;
}

/** There may be no more runs. */
export class RunsSpent extends Error {
  override readonly name = 'RunsSpent';
}

/** Runs cases as often as it takes to tell whether they fail, and remembers what each run showed. */
export class Trials {
  readonly #hands: TrialHands;
  readonly #tallies: Map<string, Tally>;
  #left: number;

  /** @param known what runs of before have shown, by case: they are not done again */
  constructor(hands: TrialHands, mostRuns: number, known: ReadonlyMap<string, Tally> = new Map()) {
    this.#hands = hands;
    this.#left = mostRuns;
    this.#tallies = new Map(known);
  }

  /** Runs that there may still be. */
  get left(): number {
    return this.#left;
  }

  tallyOf(of: ShrinkCase): Tally {
    return this.#tallies.get(keyOf(of)) ?? { fails: 0, passes: 0, unresolved: 0 };
  }

  /** One run more. @throws RunsSpent when there is none left, or no more than `kept` of them */
  async runOnce(of: ShrinkCase, kept = 0): Promise<void> {
    if (this.#left <= kept) throw new RunsSpent('there may be no more runs');
    this.#left--;
    const sight = await this.#hands.run(of);
    const key = keyOf(of);
    const { fails, passes, unresolved } = this.tallyOf(of);
    const tally: Tally = {
      fails: fails + Number(sight.outcome === 'fails'),
      passes: passes + Number(sight.outcome === 'passes'),
      unresolved: unresolved + Number(sight.outcome === 'unresolved'),
    };
    this.#tallies.set(key, tally);
    this.#hands.onTrial({ ...sight, key, case: of, tally });
  }

  /** Whether a case fails as often as is demanded. */
  async failsOftenEnough(of: ShrinkCase, demand: Demand, kept = 0): Promise<boolean> {
    return this.#untilJudged(of, (tally) => judge(tally, demand), kept);
  }

  /** The word of one run, where the original always failed. */
  async failsAtOnce(of: ShrinkCase, kept = 0): Promise<boolean> {
    return this.#untilJudged(
      of,
      ({ fails, passes, unresolved }) => {
        if (passes > 0) return 'passes';
        if (fails > 0) return 'fails';
        return unresolved >= MOST_UNRESOLVED ? 'unresolved' : undefined;
      },
      kept,
    );
  }

  async #untilJudged(
    of: ShrinkCase,
    judgeNow: (tally: Tally) => Outcome | undefined,
    kept: number,
  ): Promise<boolean> {
    if (this.#hands.refusal(of) !== undefined) return false;
    for (;;) {
      const outcome = judgeNow(this.tallyOf(of));
      if (outcome !== undefined) return outcome === 'fails';
      await this.runOnce(of, kept);
    }
  }
}
