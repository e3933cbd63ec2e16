import type { UndoRecord } from './undo.js';

/** Which servers make up the cluster, and which version each runs. */
export interface Membership {
  /** The name that the next node will get. */
  nextName(): string;
  /** What takes a node away that is about to be added: data, to be written before. */
  removeRecord(name: string): UndoRecord;
  /** Adds a node of that name; resolves when its process runs. */
  add(name: string): Promise<void>;
  /** Ends a node's process and takes it out of the meta group, for good: its peers no longer count it. */
  remove(name: string): Promise<void>;
  /** The version that a node's next start will run: its own again with `undefined`. */
  setVersion(name: string, version: string | undefined): void;
}
