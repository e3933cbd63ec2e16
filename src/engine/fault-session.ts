import { NS, nowNs, sleep } from '../base/clock.js';
import { messageOf } from '../base/errors.js';
import { waitFor } from '../base/wait.js';
import type { Cluster, ClusterNode } from '../contracts/cluster.js';
import type { SystemControl } from '../contracts/control.js';
import type { Evidence, Fault, FaultContext, FaultStage } from '../contracts/fault.js';
import type { FaultPlan, TargetPlan } from '../contracts/plan.js';
import type { FaultResult } from '../contracts/run-result.js';
import type { UndoRecord } from '../contracts/undo.js';
import { formatTarget } from '../scenario/timeline.js';
import type { Journal } from './journal.js';
import type { UndoDesk } from './undo-desk.js';

/** How long a fault may take to show from outside before it is said to have had no effect. */
const BITE_WITHIN_MS = 5_000;
/** How long things may take to be as they are without the fault, when it is due. */
const CALM_WITHIN_MS = 5_000;
/** How long a revert is still looked at when the run is to end in a hurry. */
const HURRIED_LOOK_MS = 5_000;

export interface FaultSurroundings {
  readonly runId: string;
  readonly seed: number;
  /** A directory of the run's own, for what faults need. */
  readonly workDir: string;
  readonly cluster: Cluster;
  readonly control: SystemControl;
  readonly journal: Journal;
  readonly undo: UndoDesk;
  /** The run is to end in a hurry. */
  readonly hurry: AbortSignal;
  /** How long a reverted fault may take to be gone. */
  readonly healNs: number;
  create(plan: FaultPlan): Fault;
  resolveTargets(target: TargetPlan, signal: AbortSignal): Promise<readonly ClusterNode[]>;
  /** Called, and waited for, just before the system is touched. */
  onBegin(): Promise<void>;
}

/** A fault's result, but for the recovery, which only the load can tell. */
export type FaultSessionResult = Omit<FaultResult, 'recovery'>;

/**
 * One fault from its record to its revert: targets, undo records on disk, injection, proof that it took hold, the time
 * it is meant to last, revert, proof that it is gone. Whatever fails or is interrupted on the way, the revert runs.
 */
export async function runFault(
  plan: FaultPlan,
  around: FaultSurroundings,
  signal: AbortSignal,
): Promise<FaultSessionResult> {
  const { journal, undo } = around;
  const named = formatTarget(plan.target);
  const base = {
    id: plan.id,
    kind: plan.kind,
    target: named,
    targets: [] as string[],
    injectedNs: 0,
    revertedNs: 0,
  };

  let context: FaultContext;
  let records: readonly UndoRecord[];
  let before: Evidence;
  let fault: Fault;
  try {
    fault = around.create(plan);
    const targets = await around.resolveTargets(plan.target, signal);
    const { runId, seed, workDir, cluster, control } = around;
    const { id, forNs } = plan;
    context = { id, runId, seed, workDir, cluster, control, targets, forNs, signal };
    base.targets = targets.map((node) => node.name);
    before = await evidence(fault, context, 'before', CALM_WITHIN_MS);
    if (!before.holds) {
      throw new Error(`it would prove nothing, for things are not as they should be: ${sightings(before)}`);
    }
    records = await fault.prepare(context);
    undo.record(records);
    journal.write('fault-recorded', {
      fault: plan.id,
      kind: plan.kind,
      target: named,
      targets: base.targets,
      undo: records,
      before,
    });
    undo.audit({
      fault: plan.id,
      act: 'recorded',
      kind: plan.kind,
      targets: base.targets,
      stage: 'before',
      evidence: before,
      undo: records,
    });
    signal.throwIfAborted();
  } catch (error) {
    const detail = signal.aborted ? 'the run ended before it' : messageOf(error);
    journal.write('fault-failed', { fault: plan.id, kind: plan.kind, error: detail });
    return { ...base, status: signal.aborted ? 'not-run' : 'failed', detail };
  }

  await around.onBegin();
  const injectedNs = nowNs();
  let during: Evidence | undefined;
  let failure: string | undefined;
  let isInjected = false;
  try {
    await fault.inject(context);
    isInjected = true;
    journal.write('fault-injected', { fault: plan.id, kind: plan.kind, targets: base.targets });
    undo.audit({ fault: plan.id, act: 'injected', kind: plan.kind, targets: base.targets });
    during = await evidence(fault, context, 'during', BITE_WITHIN_MS);
    journal.write('fault-observed', { fault: plan.id, stage: 'during', ...during });
    undo.audit({
      fault: plan.id,
      act: 'observed',
      kind: plan.kind,
      targets: base.targets,
      stage: 'during',
      evidence: during,
    });
    const leftMs = (injectedNs + plan.forNs - nowNs()) / NS.ms;
    if (leftMs > 0) await sleep(leftMs, signal);
  } catch (error) {
    if (!signal.aborted) failure = messageOf(error);
    // What was cut short before it could show is not known to have had no effect.
    else if (!during?.holds) during = undefined;
  }

  const outcomes = await undo.carryOut(records);
  const revertedNs = nowNs();
  // The revert is looked at even when the run was interrupted: an undo that was not verified is none.
  const patience = hurriedPatience(around.hurry);
  const after = await evidence(fault, { ...context, signal: patience }, 'after', around.healNs / NS.ms);
  journal.write('fault-reverted', {
    fault: plan.id,
    kind: plan.kind,
    targets: base.targets,
    outcomes: outcomes.map(({ undone, detail }) => ({ undone, detail })),
    ...after,
  });
  undo.audit({ fault: plan.id, act: 'reverted', kind: plan.kind, targets: base.targets, evidence: after });

  const result = {
    ...base,
    injectedNs: isInjected ? injectedNs : 0,
    revertedNs,
    before,
    ...(during && { during }),
    after,
  };
  const stuck = outcomes.find((outcome) => !outcome.undone);
  if (stuck || !after.holds) {
    return {
      ...result,
      status: 'unreverted',
      detail: stuck ? `${stuck.record.what}: ${stuck.detail}` : sightings(after),
    };
  }
  undo.settle(outcomes);
  if (failure !== undefined) return { ...result, status: 'failed', detail: failure };
  if (during === undefined)
    return { ...result, status: 'failed', detail: 'interrupted before it was seen to take hold' };
  if (!during.holds) return { ...result, status: 'no-effect', detail: sightings(during) };
  return { ...result, status: 'reverted' };
}

/** Aborts a few seconds after a hurry has set in; never without one. */
function hurriedPatience(hurry: AbortSignal): AbortSignal {
  const end = new AbortController();
  const hurryUp = () => setTimeout(() => end.abort(hurry.reason), HURRIED_LOOK_MS).unref();
  if (hurry.aborted) hurryUp();
  else hurry.addEventListener('abort', hurryUp, { once: true });
  return end.signal;
}

async function evidence(
  fault: Fault,
  context: FaultContext,
  stage: FaultStage,
  timeoutMs: number,
): Promise<Evidence> {
  let last: Evidence = { holds: false, looks: [{ at: 'look', saw: 'nothing could be looked at' }] };
  try {
    await waitFor(
      async () => {
        last = await fault.observe(context, stage);
        return last.holds;
      },
      { timeoutMs, everyMs: 50, signal: context.signal },
    );
  } catch {
    // Interrupted: what was seen last is what there is.
  }
  return last;
}

const sightings = (evidence: Evidence): string =>
  evidence.looks.map(({ at, saw }) => `${at}: ${saw}`).join('; ');
