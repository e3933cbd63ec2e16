import { SequenceWindow } from './sequence-window.js';
import { WordBudget } from './word-budget.js';

export { DUPLICATE, FRESH, LATE, REFUSED, USUAL_GAP } from './sequence-window.js';

/** A stranger so far beyond the others gets no place among them: he could be anybody, and have any number. */
const MOST_APART = 4096;
/** Anybody may number events, as any of 65,536 writers: beyond the last 1,024 events of each, they remember so much together. */
const STRANGERS_WORDS = 2 ** 21;

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

  readonly #strangersBudget = new WordBudget(STRANGERS_WORDS);
  readonly #usualGap: number | undefined;

  /**
   * @param fromTheBeginning writers whose first event, 0, is still to come; others are followed from where they are met
   * @param usualGap larger gaps are believed only of who was not heard for long; any is, unless told. It takes `settle`
   */
  constructor(fromTheBeginning: readonly number[], usualGap?: number) {
    this.#usualGap = usualGap;
    this.#lowest = fromTheBeginning.reduce(
      (lowest, writer) => Math.min(lowest, writer),
      Number.POSITIVE_INFINITY,
    );
    for (const writer of fromTheBeginning) this.#begin(writer, new SequenceWindow(0, { usualGap }));
  }

  /** Takes an event into account: FRESH, LATE, DUPLICATE or REFUSED. The hot path. */
  track(writer: number, sequence: number, dueNs: number): number {
    const window = this.#windowOf(writer) ?? this.#meet(writer, sequence);
    const what = window.take(sequence, dueNs);
    this.gap = window.gap;
    return what;
  }

  /**
   * Tells of every writer that was met how many events are lost: those that were missing at the last call already, and still
   * were; how many of these came late; and how many it had sent before the first that came, of which nobody knows whether
   * they were lost.
   *
   * @param elapsedNs since the last call
   */
  settle(
    elapsedNs: number,
    tell: (writer: number, lost: number, late: number, unseen: number) => void,
  ): void {
    this.#windows.forEach((window, i) => {
      if (window !== undefined) tell(this.#lowest + i, window.settle(elapsedNs), window.late, window.unseen);
    });
    for (const [writer, window] of this.#strangers)
      tell(writer, window.settle(elapsedNs), window.late, window.unseen);
  }

  #windowOf(writer: number): SequenceWindow | undefined {
    const at = writer - this.#lowest;
    return at >= 0 && at < this.#windows.length ? this.#windows[at] : this.#strangers.get(writer);
  }

  #meet(writer: number, first: number): SequenceWindow {
    const usualGap = this.#usualGap;
    return this.#begin(writer, new SequenceWindow(first, { usualGap, budget: this.#strangersBudget }));
  }

  #begin(writer: number, window: SequenceWindow): SequenceWindow {
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
