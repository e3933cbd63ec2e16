import { NS, nowNs, sleep } from '../base/clock.js';
import { messageOf } from '../base/errors.js';
import { orAborted } from '../base/or-aborted.js';
import { formatDuration } from '../base/units.js';
import { withDeadline } from '../base/wait.js';
import type { Cluster, ClusterNode } from '../contracts/cluster.js';
import type { SystemControl } from '../contracts/control.js';
import type { Evidence, Fault, FaultContext } from '../contracts/fault.js';
import type { Machine } from '../contracts/machine.js';
import type { MonitorPages } from '../contracts/monitor.js';
import type { FaultPlan } from '../contracts/plan/faults.js';
import type { TargetPlan } from '../contracts/plan/target.js';
import type { FaultResult } from '../contracts/run-result.js';
import type { UndoRecord } from '../contracts/undo.js';
import { formatTarget } from '../scenario/timeline.js';
import type { AuditEntry } from '../undo/audit-log.js';
import { lookForEvidence, sightings } from './fault-evidence.js';
import { type AdmittedFault, type FaultGuards, FaultRefused } from './fault-guards.js';
import { injectFault } from './inject-fault.js';
import type { Journal } from './journal.js';
import { revertFault } from './revert-fault.js';
import type { UndoDesk } from './undo-desk.js';
import { whatFaultTests } from './what-faults-test.js';

/** How long a fault may take to show from outside before it is said to have had no effect. */
const BITE_WITHIN_MS = 5_000;
/** How long things may take to be as they are without the fault, when it is due. */
const CALM_WITHIN_MS = 5_000;
/** Nothing that a fault does may hang a run. */
const PREPARE_TAKES_MS = 30_000;

export interface FaultSurroundings {
  readonly runId: string;
  /** A directory of the run's own, for what faults need. */
  readonly workDir: string;
  readonly cluster: Cluster;
  readonly control: SystemControl;
  readonly machine: Machine;
  readonly monitor: MonitorPages;
  readonly journal: Journal;
  readonly undo: UndoDesk;
  readonly guards: FaultGuards;
  /** No fault holds for longer. */
  readonly longestNs?: number | undefined;
  /** The run is to end in a hurry. */
  readonly hurry: AbortSignal;
  /** How long a reverted fault may take to be gone. */
  readonly healNs: number;
  create(plan: FaultPlan): Fault;
  resolveTargets(target: TargetPlan, signal: AbortSignal): Promise<readonly ClusterNode[]>;
  /** Called, and waited for, just before the system is touched. */
  onBegin(): Promise<void>;
  /** Who makes the fault, where that is somebody else than the run by its plan. */
  readonly actor?: { readonly who: string; readonly by: string };
}

/** A fault's result, but for the recovery, which only the load can tell. */
export type FaultSessionResult = Omit<FaultResult, 'recovery'>;

/** What a fault's `end` is aborted with when it is healed before its time. */
export class HealedEarly extends Error {
  override readonly name = 'HealedEarly';
}

/** What stands once a fault is recorded. */
interface Begun {
  readonly fault: Fault;
  readonly context: FaultContext;
  readonly records: readonly UndoRecord[];
  readonly before: Evidence;
  readonly admitted: AdmittedFault;
}

/**
 * One fault from its record to its revert: targets, guards, undo records on disk, injection, proof that it took hold,
 * the time it is meant to last, revert, proof that it is gone. Whatever fails or is interrupted on the way, the revert
 * runs; and whatever hangs is given up after its time.
 */
export class FaultSession {
  readonly plan: FaultPlan;
  readonly #around: FaultSurroundings;
  readonly #named: string;
  readonly #end = new AbortController();
  #targets: readonly string[] = [];
  #begun: Begun | undefined;
  #during: Evidence | undefined;
  #injectedNs = 0;
  #failure: string | undefined;
  /** An injection that was given up and has not ended. */
  #hanging: Promise<void> | undefined;
  #healing: Promise<FaultSessionResult> | undefined;
  #note: string | undefined;

  constructor(plan: FaultPlan, around: FaultSurroundings) {
    this.#around = around;
    const { longestNs } = around;
    const isCut = longestNs !== undefined && plan.forNs > longestNs;
    this.plan = isCut ? { ...plan, forNs: longestNs } : plan;
    this.#named = formatTarget(plan.target);
    if (isCut) {
      this.#note = `held for ${formatDuration(longestNs)} instead of ${formatDuration(plan.forNs)}: \`guards.longest\` allows no more`;
    }
  }

  /** Never rejects: a fault's failure is data. */
  async run(signal: AbortSignal): Promise<FaultSessionResult> {
    const onAbort = () => this.#end.abort(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    try {
      const ended = await this.#begin(signal);
      if (ended) return ended;
      await this.#injectAndHold(this.#begun as Begun);
      return await this.heal();
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Everything until the system is touched; a result when it does not come to that. */
  async #begin(signal: AbortSignal): Promise<FaultSessionResult | undefined> {
    const { plan } = this;
    const { journal, undo, guards } = this.#around;
    const { signal: end } = this.#end;
    let admitted: AdmittedFault | undefined;
    let recorded: readonly UndoRecord[] = [];
    try {
      const fault = this.#around.create(plan);
      const targets = await orAborted(this.#around.resolveTargets(plan.target, end), end);
      this.#targets = plan.target.role === 'no-node' ? plan.target.touched : targets.map(({ name }) => name);
      const { runId, workDir, cluster, control, machine, monitor } = this.#around;
      const { id, forNs, seed } = plan;
      const context: FaultContext = {
        ...{ id, runId, seed, workDir, cluster, control, machine, monitor, targets, forNs },
        signal: end,
      };
      const impact = fault.impact?.(context) ?? { down: [], cuts: [] };
      admitted = await guards.admit(plan, this.#targets, impact, this.#end);
      const before = await lookForEvidence(fault, context, 'before', CALM_WITHIN_MS);
      if (!before.holds) {
        throw new Error(`it would prove nothing, for things are not as they should be: ${sightings(before)}`);
      }
      const preparing = withDeadline(fault.prepare(context), PREPARE_TAKES_MS, 'its preparation');
      const records = await orAborted(preparing, end);
      undo.record(records);
      recorded = records;
      const named = { target: this.#named, targets: this.#targets, undo: records };
      if (this.#note !== undefined) journal.write('guard', { fault: plan.id, text: this.#note });
      journal.write('fault-recorded', {
        fault: plan.id,
        kind: plan.kind,
        ...named,
        before,
        // What is in no plan is told here: the run can be replayed with it.
        ...(this.#around.actor && { actor: this.#around.actor, plan }),
      });
      this.#audit('recorded', { stage: 'before', evidence: before, undo: records });
      const unwritten = journal.failure ?? undo.failure;
      if (unwritten !== undefined) {
        throw new Error(`what is done cannot be written down, so nothing is: ${messageOf(unwritten)}`);
      }
      end.throwIfAborted();
      this.#begun = { fault, context, records, before, admitted };
      return undefined;
    } catch (error) {
      if (admitted) guards.release(admitted);
      // Undoing what was never made may do harm: a node that runs would be ended, to be repaired.
      undo.settle(recorded.map((record) => ({ record, undone: true, detail: 'it was not made' })));
      return this.#notBegun(error, signal);
    }
  }

  #notBegun(error: unknown, signal: AbortSignal): FaultSessionResult {
    const { id, kind } = this.plan;
    const { journal } = this.#around;
    const isOver = this.#end.signal.aborted;
    const detail = signal.aborted ? 'the run ended before it' : messageOf(error);
    if (error instanceof FaultRefused) {
      journal.write('guard', { fault: id, kind, refused: true, targets: this.#targets, text: detail });
      this.#audit('refused', { detail });
    } else {
      journal.write('fault-failed', { fault: id, kind, error: detail });
      if (!isOver) this.#audit('failed', { detail });
    }
    const status = error instanceof FaultRefused ? 'refused' : isOver ? 'not-run' : 'failed';
    return { ...this.#base(), status, detail };
  }

  async #injectAndHold({ fault, context, admitted }: Begun): Promise<void> {
    const { plan } = this;
    const { journal } = this.#around;
    const { signal: end } = this.#end;
    let startNs = nowNs();
    try {
      await this.#around.onBegin();
      startNs = nowNs();
      end.throwIfAborted();
      await injectFault(fault, context, (settled) => {
        this.#hanging = settled;
      });
      this.#injectedNs = startNs;
      journal.write('fault-injected', { fault: plan.id, kind: plan.kind, targets: this.#targets });
      this.#audit('injected', {});
      const during = await lookForEvidence(fault, context, 'during', BITE_WITHIN_MS);
      // What was cut short before it could show is not known to have had no effect: nothing is said of it.
      if (!during.holds) end.throwIfAborted();
      this.#during = during;
      journal.write('fault-observed', { fault: plan.id, kind: plan.kind, stage: 'during', ...during });
      this.#audit('observed', { stage: 'during', evidence: during });
      admitted.stage = 'holding';
      const leftMs = (startNs + plan.forNs - nowNs()) / NS.ms;
      if (leftMs > 0) await sleep(leftMs, end);
    } catch (error) {
      if (!end.aborted) this.#failure = messageOf(error);
      if (end.reason instanceof HealedEarly) this.#note = messageOf(end.reason);
    }
  }

  /**
   * Reverts the fault and looks that it is gone; may be called again for one that was not, and by several at once: all of
   * them wait for the same. Never rejects.
   */
  heal(): Promise<FaultSessionResult> {
    this.#healing ??= this.#heal().finally(() => {
      this.#healing = undefined;
    });
    return this.#healing;
  }

  async #heal(): Promise<FaultSessionResult> {
    const { records, fault, context, before, admitted } = this.#begun as Begun;
    admitted.stage = 'healing';
    const { undo, journal, guards } = this.#around;
    const { outcomes, revertedNs, after } = await revertFault(fault, context, records, this.#around);
    const { id, kind } = this.plan;
    const told = outcomes.map(({ undone, detail }) => ({ undone, detail }));
    journal.write('fault-reverted', { fault: id, kind, targets: this.#targets, outcomes: told, ...after });
    this.#audit('reverted', {
      stage: 'after',
      evidence: after,
      ...(this.#note !== undefined && { detail: this.#note }),
    });
    const result = {
      ...this.#base(),
      injectedNs: this.#injectedNs,
      revertedNs,
      before,
      ...(this.#during && { during: this.#during }),
      after,
    };
    const stuck = outcomes.find((outcome) => !outcome.undone);
    if (stuck || !after.holds) {
      admitted.stage = 'unreverted';
      const left = stuck ? `${stuck.record.what}: ${stuck.detail}` : sightings(after);
      const detail = this.#failure === undefined ? left : `${left}; it had failed before: ${this.#failure}`;
      return { ...result, status: 'unreverted', detail };
    }
    guards.release(admitted);
    // What still hangs may act yet: its records stay open, and are carried out once more when it has ended.
    if (this.#hanging) void this.#hanging.then(() => undo.carryOut(records));
    else undo.settle(outcomes);
    return { ...result, ...this.#outcome() };
  }

  /** How it ended, now that it is reverted. */
  #outcome(): Pick<FaultSessionResult, 'status' | 'detail'> {
    const during = this.#during;
    if (this.#failure !== undefined) return { status: 'failed', detail: this.#failure };
    if (during === undefined) {
      return { status: 'failed', detail: this.#note ?? 'interrupted before it was seen to take hold' };
    }
    if (!during.holds) return { status: 'no-effect', detail: sightings(during) };
    return { status: 'reverted', ...(this.#note !== undefined && { detail: this.#note }) };
  }

  #base() {
    const { id, kind, params } = this.plan;
    const { actor } = this.#around;
    const tests = whatFaultTests(kind, params);
    return {
      ...{ id, kind, target: this.#named, targets: this.#targets },
      ...(tests && { tests }),
      ...(actor && { byHand: actor.who }),
      injectedNs: 0,
      revertedNs: 0,
    };
  }

  #audit(act: AuditEntry['act'], entry: Omit<AuditEntry, 'act' | 'kind'>): void {
    const { undo, actor } = this.#around;
    const { id, kind } = this.plan;
    undo.audit({ fault: id, act, kind, target: this.#named, targets: this.#targets, ...entry }, actor);
  }
}
