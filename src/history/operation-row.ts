import { NO_STAMP } from '../contracts/history.js';

/** One operation, on its way into a history: see OperationBlock for what the fields mean. Made once and used again. */
export interface OperationRow {
  kind: number;
  sequence: number;
  dueNs: number;
  sentNs: number;
  doneNs: number;
  subject: number;
  streamSequence: number;
  detail: number;
  valueWriter: number;
  valueSequence: number;
  outcome: number;
  reason: number;
}

export function emptyRow(): OperationRow {
  return {
    kind: 0,
    sequence: 0,
    dueNs: 0,
    sentNs: 0,
    doneNs: 0,
    subject: 0,
    streamSequence: 0,
    detail: 0,
    valueWriter: 0,
    valueSequence: NO_STAMP,
    outcome: 0,
    reason: 0,
  };
}
