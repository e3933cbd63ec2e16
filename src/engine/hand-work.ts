import { nowNs } from '../base/clock.js';
import { UsageError } from '../base/errors.js';
import type { HandAnswer, HandFault, HandRequest, HandResult, RunStatus } from '../contracts/hand.js';
import type { JournalEvent } from '../contracts/journal.js';
import type { FaultPlan } from '../contracts/plan/faults.js';
import type { FaultConductor } from './fault-conductor.js';
import type { Journal } from './journal.js';

export interface HandWorkOptions {
  readonly journal: Journal;
  readonly run: Pick<RunStatus, 'runId' | 'scenario' | 'runDir' | 'startedAt'>;
  /** The faults, while the load runs. */
  conductor(): FaultConductor | undefined;
  /** Monotonic; 0 before the load has begun. */
  loadStartNs(): number;
  /** The fault as it would be planned; rejects with a StormglassError that says what is wrong with it. */
  readFault(fault: HandFault, id: string): Promise<FaultPlan>;
  /** Nobody else may be at this system: see ClusterLock. */
  requireLock(): Promise<void>;
}

const NOT_NOW_HINT = 'faults are made and healed while the load runs: see `stormglass status`';

/** What the owner of a run asks of it while it goes on: faults by hand, healing before their time, how it stands. */
export class HandWork {
  readonly #options: HandWorkOptions;
  #phase = 'starting';

  constructor(options: HandWorkOptions) {
    this.#options = options;
    options.journal.listen(({ type, phase, what }) => {
      if (type === 'phase' && what === 'begin') this.#phase = String(phase);
    });
  }

  /** @throws UsageError for what cannot be done, or not now */
  readonly answer = async (request: HandRequest, say: (answer: HandAnswer) => void): Promise<void> => {
    switch (request.do) {
      case 'status':
        return say({ say: 'status', status: this.#status() });
      case 'inject':
        return this.#inject(request, say);
      case 'heal':
        return this.#heal(request, say);
      default:
        throw new UsageError('this run does not know what was asked: it is of another version');
    }
  };

  #status(): RunStatus {
    const { run, conductor, loadStartNs } = this.#options;
    const startNs = loadStartNs();
    return {
      ...run,
      pid: process.pid,
      phase: this.#phase,
      ...(startNs > 0 && { loadNs: Math.max(0, nowNs() - startNs) }),
      faults: (conductor()?.admitted ?? []).map(({ plan, targets, stage, sinceNs }) => ({
        id: plan.id,
        kind: plan.kind,
        targets,
        stage,
        sinceNs: nowNs() - sinceNs,
        forNs: plan.forNs,
      })),
    };
  }

  async #inject(
    request: Extract<HandRequest, { do: 'inject' }>,
    say: (answer: HandAnswer) => void,
  ): Promise<void> {
    const conductor = this.#conductor();
    const id = conductor.nextHandId();
    const plan = await this.#options.readFault(request, id);
    // Reading it may have outlasted the load: no lock is taken then that nobody would give back.
    this.#conductor();
    await this.#options.requireLock();
    say({ say: 'accepted', fault: id });
    const actor = { who: request.who, by: 'hand' };
    const results = await this.#told([id], say, async () => [await conductor.injectByHand(plan, actor)]);
    say({ say: 'results', results });
  }

  async #heal(
    { who, fault }: Extract<HandRequest, { do: 'heal' }>,
    say: (answer: HandAnswer) => void,
  ): Promise<void> {
    const conductor = this.#conductor();
    const holding = conductor.admitted.map(({ plan }) => plan.id);
    if (fault !== undefined && !holding.includes(fault)) {
      const hint = holding.length === 0 ? 'no fault holds now' : `those that hold are ${holding.join(', ')}`;
      throw new UsageError(`there is no fault ${fault} to be healed`, { hint });
    }
    const ids = fault === undefined ? holding : [fault];
    const results = await this.#told(ids, say, () =>
      Promise.all(ids.map((id) => conductor.healEarly(id, `healed early by hand, by ${who}`))),
    );
    say({ say: 'results', results });
  }

  #conductor(): FaultConductor {
    const conductor = this.#options.conductor();
    if (conductor === undefined) {
      const when = this.#options.loadStartNs() > 0 ? 'its load has ended' : 'its load has not begun';
      throw new UsageError(`run ${this.#options.run.runId} is in phase ${this.#phase}: ${when}`, {
        hint: NOT_NOW_HINT,
      });
    }
    return conductor;
  }

  /** Tells what the journal says of these faults while the work lasts. */
  async #told(
    ids: readonly string[],
    say: (answer: HandAnswer) => void,
    work: () => Promise<readonly HandResult[]>,
  ): Promise<readonly HandResult[]> {
    const unlisten = this.#options.journal.listen((event: JournalEvent) => {
      if (ids.includes(event.fault as string)) say({ say: 'event', event });
    });
    try {
      return await work();
    } finally {
      unlisten();
    }
  }
}
