import { NS, nowNs, sleep } from '../base/clock.js';
import { orAborted } from '../base/or-aborted.js';
import { formatDuration } from '../base/units.js';
import type { FaultPlan } from '../contracts/plan/faults.js';
import type { FaultResult } from '../contracts/run-result.js';
import type { ConditionWatch } from './condition-watch.js';
import type { Journal } from './journal.js';

/** When faults begin that wait for something: for their time, for another fault, for a condition. */
export class FaultTimes {
  readonly #moments: ReadonlyMap<string, Moments>;
  readonly #startNs: number;
  readonly #conditions: ConditionWatch;
  readonly #journal: Journal;

  /** @param startNs the load's monotonic start: faults are due from here */
  constructor(
    faults: readonly FaultPlan[],
    startNs: number,
    { conditions, journal }: { readonly conditions: ConditionWatch; readonly journal: Journal },
  ) {
    this.#moments = new Map(faults.map(({ id }) => [id, new Moments()]));
    this.#startNs = startNs;
    this.#conditions = conditions;
    this.#journal = journal;
  }

  /**
   * Waits until a fault is due; resolves to why it must not be made, or to `undefined` when it is time. Rejects with the
   * signal's reason.
   */
  async due(plan: FaultPlan, signal: AbortSignal): Promise<string | undefined> {
    const { atNs, follows, when } = plan;
    if (follows === undefined) await until(this.#startNs + atNs, signal);
    else {
      const other = this.#moments.get(follows.fault) as Moments;
      const sinceNs = await orAborted(follows.since === 'begin' ? other.begun : other.healed, signal);
      if (sinceNs === undefined) {
        const lack = follows.since === 'begin' ? 'was not made' : 'was not made and healed';
        return `${follows.fault}, which it follows, ${lack}`;
      }
      await until(sinceNs + follows.afterNs, signal);
    }
    if (when === undefined) return undefined;
    const sight = await this.#conditions.waitFor(when.condition, when.withinNs, signal);
    if (sight === undefined) {
      return `${when.condition.text} did not hold within ${formatDuration(when.withinNs)}`;
    }
    this.#journal.write('condition', { fault: plan.id, condition: when.condition.text, saw: sight.saw });
    return undefined;
  }

  /** A fault is about to be made. */
  begins(id: string): void {
    this.#moments.get(id)?.begin(nowNs());
  }

  /** A fault is over, however: what follows one that was not made, or not healed, must not be made. */
  ends(id: string, status: FaultResult['status']): void {
    const isHealed = status === 'reverted' || status === 'no-effect';
    this.#moments.get(id)?.end(isHealed ? nowNs() : undefined);
  }
}

/** The two moments of a fault that others wait for; `undefined` when it never comes. */
class Moments {
  readonly begun: Promise<number | undefined>;
  readonly healed: Promise<number | undefined>;
  begin!: (atNs: number | undefined) => void;
  #heal!: (atNs: number | undefined) => void;

  constructor() {
    this.begun = new Promise((resolve) => {
      this.begin = resolve;
    });
    this.healed = new Promise((resolve) => {
      this.#heal = resolve;
    });
  }

  end(healedNs: number | undefined): void {
    this.begin(undefined);
    this.#heal(healedNs);
  }
}

const until = (atNs: number, signal: AbortSignal): Promise<void> =>
  sleep(Math.max(0, (atNs - nowNs()) / NS.ms), signal);
