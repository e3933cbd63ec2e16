import type { JournalEvent } from '../../contracts/journal.js';
import type { FaultPlan } from '../../contracts/plan/faults.js';

/** The faults that a run has made. */
export interface RecordedFaults {
  /** In the order in which they began: when they did, after the start of the load, and for as long as they held. */
  readonly faults: readonly FaultPlan[];
  /** Ids of those that were planned and not made. */
  readonly notMade: readonly string[];
}

/**
 * What a run did, as a plan: conditions and what followed something have become times. Targets are those of its plan, so
 * that nodes that were drawn are the same, and roles are looked up again. A fault by hand is in the journal alone.
 */
export function recordedFaults(
  runId: string,
  planned: readonly FaultPlan[],
  journal: readonly JournalEvent[],
): RecordedFaults {
  const made: FaultPlan[] = [];
  for (const event of journal) {
    if (event.type !== 'fault-recorded' || event.t === undefined) continue;
    const isOf = (type: JournalEvent['type']) => (other: JournalEvent) =>
      other.type === type && other.fault === event.fault;
    const plan = planned.find(({ id }) => id === event.fault) ?? (event.plan as FaultPlan | undefined);
    // An act may take its time: it began when its record was written, and not when it was done.
    if (plan === undefined || !journal.some(isOf('fault-injected'))) continue;
    const { when: _, follows: __, ...fault } = plan;
    const reverted = journal.find(isOf('fault-reverted'))?.t;
    const heldNs = reverted === undefined ? plan.forNs : nsOf(reverted - event.t);
    made.push({
      ...fault,
      atNs: Math.max(0, nsOf(event.t)),
      // Healed before its time, by hand or at the run's end.
      forNs: Math.min(plan.forNs, Math.max(1, heldNs)),
      origin: `${plan.id} of run ${runId}`,
    });
  }
  const notMade = planned.filter(({ id }) => !made.some((fault) => fault.id === id)).map(({ id }) => id);
  return { faults: made.toSorted((a, b) => a.atNs - b.atNs), notMade };
}

const nsOf = (seconds: number): number => Math.round(seconds * 1e9);
