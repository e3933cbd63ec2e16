import type { NodeSignal, ProcessLook } from '../../contracts/cluster.js';
import type { UndoRecord } from '../../contracts/undo.js';

/** What was handed over of a node, to stop it and start it again with: nothing else of it is ever touched. */
export interface NodeHandle {
  look(): Promise<ProcessLook>;
  signal(signal: NodeSignal): Promise<void>;
  /** Idempotent; resolves when the process runs. */
  start(): Promise<void>;
  /** What brings it back, and what lets it go on, as data. */
  startRecord(id: string): UndoRecord;
  continueRecord(id: string): UndoRecord;
}
