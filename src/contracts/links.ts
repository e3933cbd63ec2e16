import type { ServerAddress } from './load.js';
import type { UndoRecord } from './undo.js';

/** One end of a link that is no node: the load's clients, all together. */
export const CLIENTS = 'clients';

/** The way that data takes: from one end, by its name, to the other. A link between two nodes has two of them. */
export interface Direction {
  readonly from: string;
  readonly to: string;
}

/** What is done to data on its way. Times in milliseconds unless their name says otherwise. */
export type LinkEffect =
  /** `drop`: nothing passes, and connections stay. `reject`: connections end and new ones are refused; both directions of a link alone. */
  | { readonly kind: 'cut'; readonly how: 'drop' | 'reject' }
  | { readonly kind: 'latency'; readonly delayMs: number; readonly jitterMs: number }
  | { readonly kind: 'bandwidth'; readonly bytesPerSec: number }
  | {
      readonly kind: 'slicer';
      readonly averageBytes: number;
      readonly variationBytes: number;
      readonly delayUs: number;
    }
  | { readonly kind: 'slow-close'; readonly delayMs: number }
  /** Ends connections with a TCP reset, so long after data arrives. */
  | { readonly kind: 'reset'; readonly afterMs: number }
  /** Stops all data, and ends a connection that no more of it has come into for so long. */
  | { readonly kind: 'timeout'; readonly afterMs: number }
  /** Ends a connection after so many bytes. */
  | { readonly kind: 'limit-data'; readonly bytes: number };

/** What was read back of an effect from whatever stands on the links, for evidence. */
export interface LinkLook {
  /** Every direction of the effect has it. */
  readonly isApplied: boolean;
  /** No direction has any of it. */
  readonly isLifted: boolean;
  readonly saw: string;
}

/**
 * Cuts and bends links. Effects have ids, and several may lie on one link: lifting one leaves the others. Every call has
 * a deadline of its own; where what stands on the links no longer answers, it is replaced, and every effect that holds
 * is laid on anew.
 */
export interface LinkControl {
  /** All there are, both directions of each link. */
  readonly directions: readonly Direction[];
  /** What lifts the effect: data, to be written before it is applied. Changes nothing. */
  undoRecords(effectId: string, directions: readonly Direction[], effect: LinkEffect): readonly UndoRecord[];
  /** @throws RangeError for a direction that there is not; Error when it cannot be applied, and then none of it is */
  apply(effectId: string, directions: readonly Direction[], effect: LinkEffect): Promise<void>;
  /** Idempotent. */
  lift(effectId: string): Promise<void>;
  look(effectId: string): Promise<LinkLook>;
  /**
   * Where a connection that one end opens to another goes in, to look through the link with one of our own; `undefined`
   * where there is no such place.
   */
  entrance?(direction: Direction): Promise<ServerAddress | undefined>;
}
