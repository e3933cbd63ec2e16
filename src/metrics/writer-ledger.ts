import { SequenceWindow } from './sequence-window.js';

export { DUPLICATE, FRESH, LATE } from './sequence-window.js';

/**
 * Follows the sequence of every writer: what was skipped counts as missing at once, and no longer when it comes after
 * all.
 */
export class WriterLedger {
  /** How many events the last event showed to be missing before it; 0 after all but FRESH. */
  gap = 0;
  /** By writer; no holes, or it would be no array any more. */
  readonly #windows: (SequenceWindow | undefined)[] = [];

  /** @param fromTheBeginning writers whose first event, 0, is still to come; others are followed from where they are met */
  constructor(fromTheBeginning: Iterable<number>) {
    for (const writer of fromTheBeginning) this.#begin(writer, 0);
  }

  /** All writers that were met have lower numbers. */
  get writers(): number {
    return this.#windows.length;
  }

  /** Takes an event into account: FRESH, LATE or DUPLICATE. The hot path. */
  track(writer: number, sequence: number, dueNs: number): number {
    const window = this.#windows[writer] ?? this.#begin(writer, sequence);
    const what = window.take(sequence, dueNs);
    this.gap = window.gap;
    return what;
  }

  /** How many events of a writer were missing at the last call for it already, and still are. */
  settle(writer: number): number {
    return this.#windows[writer]?.settle() ?? 0;
  }

  #begin(writer: number, first: number): SequenceWindow {
    while (this.#windows.length <= writer) this.#windows.push(undefined);
    const window = new SequenceWindow(first);
    this.#windows[writer] = window;
    return window;
  }
}
