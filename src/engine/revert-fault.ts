import { NS, nowNs, sleep } from '../base/clock.js';
import type { Evidence, Fault, FaultContext } from '../contracts/fault.js';
import type { UndoOutcome, UndoRecord } from '../contracts/undo.js';
import { hurriedPatience, lookForEvidence } from './fault-evidence.js';
import type { UndoDesk } from './undo-desk.js';

/** What could not be undone may be in somebody's way who soon is gone, as one on a port of ours. */
const UNDO_ATTEMPTS = 4;
/** What was undone and is not seen to be gone has been waited for each time. */
const HEAL_ATTEMPTS = 2;
const HEAL_AGAIN_MS = 1_000;

export interface RevertOptions {
  readonly undo: Pick<UndoDesk, 'carryOut'>;
  /** How long a reverted fault may take to be gone. */
  readonly healNs: number;
  /** The run is to end in a hurry. */
  readonly hurry: AbortSignal;
}

/** What came of the last attempt. */
export interface Reverted {
  readonly outcomes: readonly UndoOutcome[];
  readonly revertedNs: number;
  readonly after: Evidence;
}

/** Carries out what undoes a fault and looks that it is gone; several times, should it not be. */
export async function revertFault(
  fault: Fault,
  context: FaultContext,
  records: readonly UndoRecord[],
  { undo, healNs, hurry }: RevertOptions,
): Promise<Reverted> {
  for (let attempt = 1; ; attempt++) {
    const outcomes = await undo.carryOut(records);
    const revertedNs = nowNs();
    const isStuck = outcomes.some(({ undone }) => !undone);
    // The revert is looked at even when the run was interrupted: an undo that was not verified is none.
    const patience = hurriedPatience(hurry);
    const looking = { ...context, signal: patience.signal };
    const after = await lookForEvidence(fault, looking, 'after', isStuck ? 0 : healNs / NS.ms);
    patience.end();
    const isLast = attempt >= (isStuck ? UNDO_ATTEMPTS : HEAL_ATTEMPTS);
    if ((!isStuck && after.holds) || isLast || hurry.aborted) return { outcomes, revertedNs, after };
    await sleep(HEAL_AGAIN_MS);
  }
}
