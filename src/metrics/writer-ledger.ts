import { SequenceWindow } from './sequence-window.js';

export { DUPLICATE, FRESH, LATE } from './sequence-window.js';

/** A stranger so far beyond the others gets no place among them: he could be anybody, and have any number. */
const MOST_APART = 4096;

/**
 * Follows the sequence of every writer: what was skipped counts as missing at once, and no longer when it comes after
 * all.
 */
export class WriterLedger {
  /** How many events the last event showed to be missing before it; 0 after all but FRESH. */
  gap = 0;
  /** Of a run's writers, whose numbers follow each other, from the lowest on; no holes, or it would be no array any more. */
  readonly #windows: (SequenceWindow | undefined)[] = [];
  #lowest: number;
  /** Of all others. */
  readonly #strangers = new Map<number, SequenceWindow>();

  /** @param fromTheBeginning writers whose first event, 0, is still to come; others are followed from where they are met */
  constructor(fromTheBeginning: readonly number[]) {
    this.#lowest = fromTheBeginning.reduce(
      (lowest, writer) => Math.min(lowest, writer),
      Number.POSITIVE_INFINITY,
    );
    for (const writer of fromTheBeginning) this.#begin(writer, 0);
  }

  /** Takes an event into account: FRESH, LATE or DUPLICATE. The hot path. */
  track(writer: number, sequence: number, dueNs: number): number {
    const window = this.#windowOf(writer) ?? this.#begin(writer, sequence);
    const what = window.take(sequence, dueNs);
    this.gap = window.gap;
    return what;
  }

  /**
   * Tells of every writer that was met how many events were missing at the last call already, and still are; and how many
   * it had sent before the first that came, of which nobody knows whether they were lost.
   */
  settle(tell: (writer: number, missing: number, unseen: number) => void): void {
    this.#windows.forEach((window, i) => {
      if (window !== undefined) tell(this.#lowest + i, window.settle(), window.unseen);
    });
    for (const [writer, window] of this.#strangers) tell(writer, window.settle(), window.unseen);
  }

  #windowOf(writer: number): SequenceWindow | undefined {
    const at = writer - this.#lowest;
    return at >= 0 && at < this.#windows.length ? this.#windows[at] : this.#strangers.get(writer);
  }

  #begin(writer: number, first: number): SequenceWindow {
    const window = new SequenceWindow(first);
    if (this.#lowest === Number.POSITIVE_INFINITY) this.#lowest = writer;
    const at = writer - this.#lowest;
    if (at < 0 || at >= this.#windows.length + MOST_APART) {
      this.#strangers.set(writer, window);
      return window;
    }
    while (this.#windows.length <= at) this.#windows.push(undefined);
    this.#windows[at] = window;
    return window;
  }
}
