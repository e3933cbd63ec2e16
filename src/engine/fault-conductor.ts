import { setMaxListeners } from 'node:events';
import { nowNs } from '../base/clock.js';
import type { FaultPlan } from '../contracts/plan/faults.js';
import type { FaultSettled } from '../contracts/run-result.js';
import { formatTarget } from '../scenario/timeline.js';
import type { ConditionWatch } from './condition-watch.js';
import type { AdmittedFault } from './fault-guards.js';
import {
  FaultSession,
  type FaultSessionResult,
  type FaultSurroundings,
  HealedEarly,
} from './fault-session.js';
import { FaultTimes } from './fault-times.js';

export interface FaultConductorOptions extends Omit<FaultSurroundings, 'onBegin' | 'actor'> {
  /** The load's monotonic start: faults are due from here. */
  readonly startNs: number;
  readonly conditions: ConditionWatch;
  /** The first of the faults that overlap is about to begin. */
  onStormBegin(): Promise<void>;
  /** The last of them is reverted and the system is steady again, or was given up on. */
  onStormEnd(atNs: number): void;
  /** Waits until the system is steady again, as long as a recovery may take. */
  settle(signal: AbortSignal): Promise<FaultSettled>;
}

/** Runs the faults of the plan at their times, and those that somebody makes by hand when they come. */
export class FaultConductor {
  readonly #options: FaultConductorOptions;
  readonly #signal: AbortSignal;
  #results: readonly FaultSessionResult[] = [];
  readonly #handResults = new Map<string, FaultSessionResult | undefined>();
  readonly #byHand = new Set<Promise<unknown>>();
  /** Those whose revert failed, and may yet be tried again. */
  readonly #unreverted = new Map<string, FaultSession>();
  readonly #healedLater = new Map<string, FaultSessionResult>();
  /** Those that run, until they are reverted. */
  readonly #sessions = new Map<string, Promise<FaultSessionResult>>();
  /** Of the faults of the plan. */
  #times: FaultTimes | undefined;
  #raging = 0;
  #handCount = 0;

  /** `signal` ends every fault that holds, and those that have not begun do not. */
  constructor(options: FaultConductorOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
  }

  /** In the order of the plan, and those by hand after them as they came. */
  get results(): readonly FaultSessionResult[] {
    const byHand = [...this.#handResults.values()].filter((result) => result !== undefined);
    return [...this.#results, ...byHand].map(({ settled, ...result }) => ({
      ...(this.#healedLater.get(result.id) ?? result),
      ...(settled && { settled }),
    }));
  }

  /** Those that hold, are about to, or are being healed. */
  get admitted(): readonly AdmittedFault[] {
    return this.#options.guards.admitted;
  }

  /** Every fault at its time; resolves when all are reverted. Never rejects: a fault's failure is data. */
  async conduct(faults: readonly FaultPlan[]): Promise<void> {
    // Every fault listens to it while it waits for its time.
    setMaxListeners(0, this.#signal);
    const times = new FaultTimes(faults, this.#options.startNs, this.#options);
    this.#times = times;
    const planned = await Promise.all(faults.map((plan) => this.#atItsTime(plan, times)));
    this.#results = planned;
  }

  /** The id of the next fault by hand. */
  nextHandId(): string {
    return `hand-${++this.#handCount}`;
  }

  /** Makes a fault now, for somebody who is not the plan; resolves when it is reverted. Never rejects. */
  injectByHand(plan: FaultPlan, actor: FaultSurroundings['actor']): Promise<FaultSessionResult> {
    // Its place is among those that came before it, however long it takes.
    this.#handResults.set(plan.id, undefined);
    const work = this.#run(plan, actor).then((result) => {
      this.#handResults.set(plan.id, result);
      return result;
    });
    this.#whileItLasts(work);
    // That the system is steady again is the run's to wait for: other faults may hold for long.
    return this.#sessions.get(plan.id) ?? work;
  }

  /**
   * Ends a fault that holds before its time, or tries once more to heal one that could not be; resolves when it was looked
   * at whether it is gone. `why` is said in its result. @throws RangeError when there is no such fault
   */
  async healEarly(id: string, why: string): Promise<FaultSessionResult> {
    const unreverted = this.#unreverted.get(id);
    // The run waits for it before it takes anything down.
    if (unreverted) return this.#whileItLasts(this.#healAgain(id, unreverted));
    const admitted = this.admitted.find(({ plan }) => plan.id === id);
    const session = this.#sessions.get(id);
    if (admitted === undefined || session === undefined) throw new RangeError(`no fault ${id} holds`);
    admitted.end.abort(new HealedEarly(why));
    return session;
  }

  /** Resolves when no fault by hand is left. */
  async settled(): Promise<void> {
    while (this.#byHand.size > 0) await Promise.all(this.#byHand);
  }

  /** A second chance for what could not be reverted. */
  async healAgain(): Promise<void> {
    for (const [id, session] of this.#unreverted) await this.#healAgain(id, session);
  }

  #whileItLasts<T>(work: Promise<T>): Promise<T> {
    this.#byHand.add(work);
    void work.then(() => this.#byHand.delete(work));
    return work;
  }

  async #healAgain(id: string, session: FaultSession): Promise<FaultSessionResult> {
    const healed = await session.heal();
    if (healed.status === 'unreverted') return healed;
    this.#unreverted.delete(id);
    this.#healedLater.set(id, healed);
    return healed;
  }

  async #atItsTime(plan: FaultPlan, times: FaultTimes): Promise<FaultSessionResult> {
    const lack = await times.due(plan, this.#signal).catch(() => 'the run ended before it');
    if (lack === undefined) return this.#run(plan);
    times.ends(plan.id, 'not-run');
    this.#options.journal.write('fault-failed', { fault: plan.id, kind: plan.kind, error: lack });
    return notRun(plan, lack);
  }

  async #run(plan: FaultPlan, actor?: FaultSurroundings['actor']): Promise<FaultSessionResult> {
    const options = this.#options;
    let began = false;
    const session = new FaultSession(plan, {
      ...options,
      ...(actor && { actor }),
      onBegin: async () => {
        began = true;
        this.#times?.begins(plan.id);
        if (this.#raging++ === 0) await options.onStormBegin();
      },
    });
    const running = session.run(this.#signal);
    this.#sessions.set(plan.id, running);
    const result = await running;
    this.#times?.ends(plan.id, result.status);
    this.#sessions.delete(plan.id);
    if (result.status === 'unreverted') this.#unreverted.set(plan.id, session);
    if (!began) return result;
    // Catching up belongs to the fault: its phase ends when the system is steady again.
    const settled = this.#signal.aborted
      ? undefined
      : await options.settle(this.#signal).catch(() => undefined);
    if (--this.#raging === 0) options.onStormEnd(nowNs());
    return { ...result, ...(settled && { settled }) };
  }
}

function notRun({ id, kind, target }: FaultPlan, detail: string): FaultSessionResult {
  return {
    ...{ id, kind, detail, target: formatTarget(target) },
    targets: [],
    status: 'not-run',
    injectedNs: 0,
    revertedNs: 0,
  };
}
