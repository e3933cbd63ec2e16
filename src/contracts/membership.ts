import type { UndoRecord } from './undo.js';

/** Which servers make up the cluster, and which version each runs. */
export interface Membership {
  /** A name for a node that is to be added; no two calls return the same. */
  nextName(): string;
  /** What takes a node away that is about to be added: data, to be written before. */
  removeRecord(name: string): UndoRecord;
  /** Adds a node of that name; resolves when its process runs. Throws when the cluster takes none. */
  add(name: string): Promise<void>;
  /**
   * Ends a node's process and takes it out of the meta group, for good: its peers no longer count it. Idempotent. When
   * the node is started after that, it is another server in the same place: with a name of its own (`serverName`),
   * since a removed one is not taken back, and an empty store. Throws when the others do not confirm it.
   */
  remove(name: string): Promise<void>;
  /** The version that a node's next start will run: its own again with `undefined`. @throws RangeError when it was not provided */
  setVersion(name: string, version: string | undefined): void;
}
