import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, StormglassError } from '../../base/errors.js';
import { keyOf, type ShrinkCase } from '../../campaigns/shrink/case.js';
import { compareTo, type FailureClass } from '../../campaigns/shrink/failure-class.js';
import type { Sight } from '../../campaigns/shrink/trials.js';
import type { Plan } from '../../contracts/plan.js';
import { Interruption } from '../../engine/interruption.js';
import { type RunOptions, runPlanned } from '../run-scenario.js';

/** Nothing more is to be run: it was interrupted, its time is over, or a run left something behind. */
export class ShrinkEnded extends Error {
  override readonly name = 'ShrinkEnded';
  constructor(readonly why: 'interrupted' | 'time' | 'unreverted') {
    super(`ended: ${why}`);
  }
}

export interface CaseRunnerOptions extends Omit<RunOptions, 'interruption' | 'live'> {
  readonly failure: FailureClass;
  /** What the runs call their scenario. */
  readonly scenarioFile: string;
  readonly interruption: Interruption;
  /** Aborts when the time is over. */
  readonly deadline: AbortSignal;
}

/** Runs cases one after the other, and keeps the folder of one run alone: the last that failed of the smallest case. */
export class CaseRunner {
  readonly #options: CaseRunnerOptions;
  /** Of each case that failed, the folder of its last run. */
  readonly #folders: Map<string, string>;
  #hasRun = false;

  /** @param folders those that a shrink before this one has kept, by the keys of their cases */
  constructor(options: CaseRunnerOptions, folders: ReadonlyMap<string, string>) {
    this.#options = options;
    this.#folders = new Map(folders);
  }

  /** Where the last run of a case is that failed. */
  folderOf(key: string): string | undefined {
    return this.#folders.get(key);
  }

  /**
   * @throws ShrinkEnded when its result says nothing because it was stopped, or nothing may follow it;
   * StormglassError when not even the first could be run
   */
  async run(of: ShrinkCase, plan: Plan): Promise<Sight> {
    const { failure, scenarioFile, interruption: outer, deadline } = this.#options;
    const own = new Interruption();
    const stop = (): void =>
      own.request(outer.exit ?? 'interrupted', outer.exit ? 'a request' : 'the end of the time');
    const hurry = (): void => own.request('interrupted', 'a second request');
    const signals = [
      [outer.signal, stop],
      [deadline, stop],
      [outer.hurry, hurry],
    ] as const;
    this.#requireTime();
    for (const [signal, act] of signals) signal.addEventListener('abort', act);
    try {
      const planned = { plan, scenarioFile, overrides: [], notes: [] };
      const { result, runDir } = await runPlanned(planned, { ...this.#options, interruption: own });
      this.#hasRun = true;
      const { exit, headline } = result.verdict;
      if (exit === 'unreverted') throw new ShrinkEnded('unreverted');
      if (own.signal.aborted) {
        rmSync(runDir, { recursive: true, force: true });
        this.#requireTime();
      }
      const outcome = compareTo(failure, { exit, checks: result.checks, thresholds: result.thresholds });
      if (outcome === 'fails') this.#keep(keyOf(of), runDir);
      else rmSync(runDir, { recursive: true, force: true });
      return { outcome, note: headline };
    } catch (error) {
      if (!(error instanceof StormglassError) || !this.#hasRun) throw error;
      this.#requireTime();
      return { outcome: 'unresolved', note: messageOf(error).split('\n', 1)[0] as string };
    } finally {
      for (const [signal, act] of signals) signal.removeEventListener('abort', act);
    }
  }

  /** Removes every folder but that of this case; returns it, if there is one. */
  keepOnly(of: ShrinkCase): string | undefined {
    const kept = keyOf(of);
    for (const [key, folder] of this.#folders) {
      if (key === kept) continue;
      rmSync(folder, { recursive: true, force: true });
      this.#folders.delete(key);
    }
    // It points at the last run, which may be gone.
    rmSync(join(this.#options.reportsDir, 'latest'), { force: true });
    return this.#folders.get(kept);
  }

  #keep(key: string, folder: string): void {
    const last = this.#folders.get(key);
    if (last !== undefined) rmSync(last, { recursive: true, force: true });
    this.#folders.set(key, folder);
  }

  #requireTime(): void {
    if (this.#options.interruption.signal.aborted) throw new ShrinkEnded('interrupted');
    if (this.#options.deadline.aborted) throw new ShrinkEnded('time');
  }
}
