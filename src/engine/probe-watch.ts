import { NS, nowNs, sleep } from '../base/clock.js';
import type { ProbePlan } from '../contracts/plan/steady-state.js';
import type { ProbeResult } from '../contracts/run-result.js';
import type { Journal } from './journal.js';
import type { SteadyState } from './steady-state.js';

export interface ProbeWatchOptions {
  readonly steadyState: SteadyState;
  readonly probes: readonly ProbePlan[];
  readonly everyNs: number;
  readonly journal: Journal;
  /** A fault holds, or the system has not yet recovered from one. */
  isStorm(): boolean;
}

interface Tally {
  looks: number;
  held: number;
  stormLooks: number;
  stormHeld: number;
  /** Of the stretch that lasts; undefined while it holds. */
  awaySinceNs: number | undefined;
  longestAwayNs: number;
  /** The first time that it should have held and did not. */
  missed: string | undefined;
}

/** Looks with the scenario's probes again and again while the load runs, and writes down when one begins or ceases to hold. */
export class ProbeWatch {
  readonly #options: ProbeWatchOptions;
  readonly #tallies: ReadonlyMap<string, Tally>;

  constructor(options: ProbeWatchOptions) {
    this.#options = options;
    this.#tallies = new Map(
      options.probes.map(({ name }) => [
        name,
        {
          looks: 0,
          held: 0,
          stormLooks: 0,
          stormHeld: 0,
          awaySinceNs: undefined,
          longestAwayNs: 0,
          missed: undefined,
        },
      ]),
    );
  }

  /** Resolves when the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { everyNs, probes } = this.#options;
    if (everyNs === 0 || probes.length === 0) return;
    for (let dueNs = nowNs() + everyNs; !signal.aborted; dueNs = Math.max(dueNs + everyNs, nowNs())) {
      await sleep(Math.max(0, (dueNs - nowNs()) / NS.ms), signal).catch(() => {});
      if (!signal.aborted) await this.#look(signal);
    }
  }

  get results(): readonly ProbeResult[] {
    return this.#options.probes.map(({ name, kind, throughout }) => {
      const { looks, held, stormLooks, stormHeld, longestAwayNs, missed } = this.#tallies.get(name) as Tally;
      return {
        name,
        kind,
        throughout,
        steady: { looks: looks - stormLooks, held: held - stormHeld },
        faults: { looks: stormLooks, held: stormHeld },
        longestAwayNs,
        ...(missed !== undefined && { missed }),
      };
    });
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { steadyState, journal, isStorm } = this.#options;
    const beganInStorm = isStorm();
    const looks = await steadyState.lookWithProbes();
    // What was interrupted has not been seen.
    if (signal.aborted) return;
    // A fault that began while it was looked may be what was seen.
    const inStorm = beganInStorm || isStorm();
    const atNs = nowNs();
    for (const { plan, holds, saw } of looks) {
      const tally = this.#tallies.get(plan.name) as Tally;
      tally.looks++;
      if (inStorm) tally.stormLooks++;
      if (holds) {
        tally.held++;
        if (inStorm) tally.stormHeld++;
      } else if (tally.missed === undefined && (plan.throughout || !inStorm)) {
        tally.missed = saw;
      }
      if (!holds && tally.awaySinceNs === undefined) {
        tally.awaySinceNs = atNs;
        journal.write('probe', { probe: plan.name, holds, saw });
      } else if (holds && tally.awaySinceNs !== undefined) {
        journal.write('probe', { probe: plan.name, holds, saw });
      }
      if (tally.awaySinceNs !== undefined) {
        tally.longestAwayNs = Math.max(tally.longestAwayNs, atNs - tally.awaySinceNs);
        if (holds) tally.awaySinceNs = undefined;
      }
    }
  }
}
