/** Writers are numbered from 0, and few: the columns grow to the next power of two when one beyond comes. */
const FIRST_WRITERS = 64;
/** How far an event may come late, in events of its writer, and still be told from a duplicate. */
const WINDOW = 1024;
const WORDS = WINDOW / 32;
const UNSEEN = -1;

/** What one event means for the sequence of its writer. */
export const FRESH = 0;
export const LATE = 1;
export const DUPLICATE = 2;

/**
 * Follows the sequence of every writer: what was skipped counts as missing at once, and no longer when it comes after
 * all. Duplicates are told apart within the last 1,024 events of a writer; what is older counts as one.
 */
export class WriterLedger {
  /** How many events the last event showed to be missing before it; only after FRESH. */
  gap = 0;
  /** The next sequence that is expected of a writer. */
  #next = new Float64Array(FIRST_WRITERS).fill(UNSEEN);
  #lastDueNs = new Float64Array(FIRST_WRITERS);
  /** One bit for each of the last WINDOW sequences of a writer that came. */
  readonly #windows: (Int32Array | undefined)[] = [];

  /** @param fromTheBeginning writers whose first event, 0, is still to come; others are followed from where they are met */
  constructor(fromTheBeginning: Iterable<number>) {
    for (const writer of fromTheBeginning) this.#begin(writer, 0);
  }

  /** Takes an event into account: FRESH, LATE or DUPLICATE. The hot path. */
  track(writer: number, sequence: number, dueNs: number): number {
    const next = this.#next[writer]!;
    if (sequence === next) {
      this.#windows[writer]![(sequence & (WINDOW - 1)) >>> 5]! |= 1 << (sequence & 31);
      this.#next[writer] = sequence + 1;
      this.#lastDueNs[writer] = dueNs;
      this.gap = 0;
      return FRESH;
    }
    return this.#trackOdd(writer, sequence, dueNs, next);
  }

  /** A writer beyond the columns has no `next` in truth, and no window either. */
  #trackOdd(writer: number, sequence: number, dueNs: number, next: number): number {
    this.gap = 0;
    const window = this.#windows[writer];
    if (!window) {
      this.#begin(writer, sequence);
      return this.track(writer, sequence, dueNs);
    }
    const word = (sequence & (WINDOW - 1)) >>> 5;
    const bit = 1 << (sequence & 31);
    if (sequence > next) {
      const gap = sequence - next;
      if (gap >= WINDOW) window.fill(0);
      else for (let at = next; at < sequence; at++) window[(at & (WINDOW - 1)) >>> 5]! &= ~(1 << (at & 31));
      window[word]! |= bit;
      this.#next[writer] = sequence + 1;
      this.#lastDueNs[writer] = dueNs;
      this.gap = gap;
      return FRESH;
    }
    // A writer publishes in the order in which its events are due: this one is no copy of an old one, it began anew.
    if (dueNs > this.#lastDueNs[writer]!) {
      this.#begin(writer, sequence);
      return this.track(writer, sequence, dueNs);
    }
    if (next - sequence > WINDOW || (window[word]! & bit) !== 0) return DUPLICATE;
    window[word]! |= bit;
    return LATE;
  }

  #begin(writer: number, sequence: number): void {
    if (writer >= this.#next.length) this.#growBeyond(writer);
    this.#next[writer] = sequence;
    // What came before the beginning is nobody's business: not late, should it come.
    this.#windows[writer] = new Int32Array(WORDS).fill(-1);
  }

  #growBeyond(writer: number): void {
    const length = 2 ** Math.ceil(Math.log2(writer + 1));
    const next = new Float64Array(length).fill(UNSEEN);
    next.set(this.#next);
    this.#next = next;
    const lastDueNs = new Float64Array(length);
    lastDueNs.set(this.#lastDueNs);
    this.#lastDueNs = lastDueNs;
  }
}
