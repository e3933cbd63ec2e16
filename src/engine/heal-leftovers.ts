import type { Journal } from './journal.js';
import type { UndoDesk } from './undo-desk.js';

/** Undoes by their records the faults that could not revert themselves: whatever came of it is written down. */
export async function healLeftovers(undo: UndoDesk, journal: Journal): Promise<void> {
  const left = undo.outstandingFaults();
  if (left.length === 0) return;
  const outcomes = await undo.carryOut(left);
  undo.settle(outcomes);
  for (const { record, undone, detail } of outcomes) {
    journal.write('undo', { by: 'run', what: record.what, undone, detail });
    undo.audit({ act: undone ? 'undone' : 'not-undone', kind: record.kind, undo: [record], detail });
  }
}
