/** What one event means for the sequence of its writer. */
export const FRESH = 0;
export const LATE = 1;
export const DUPLICATE = 2;

/** In words of 32 events. It doubles while an event that would leave it is missing. */
const FIRST_WORDS = 32;
const MOST_WORDS = 2 ** 15;

/**
 * The sequence of one writer: what is next, and which of the last events came. Remembers 1,024 events, and for as long as
 * one of them is missing up to a million, so that events that overtake each other by far are told from those that are lost,
 * and from those that come twice.
 */
export class SequenceWindow {
  /** The sequence that is expected. */
  next: number;
  /** How many events the last one showed to be missing before it; 0 after all but FRESH. */
  gap = 0;
  /** How many events the writer had numbered before the first that was taken, of each time that it began. */
  unseen: number;
  /** Missing, and still remembered. */
  #missing = 0;
  /** Missing for so many events that they are no longer remembered. */
  #forgotten = 0;
  /** What is missing below was missing when it was last settled. */
  #settled: number;
  /** Of all events so far: those of a batch may be due before those of the batch that left before it. */
  #lastDueNs = Number.NEGATIVE_INFINITY;
  /** A ring of one bit an event, set for those that came; an event is looked for at its sequence, modulo its length. */
  #words = new Int32Array(FIRST_WORDS).fill(-1);
  #mask = FIRST_WORDS - 1;

  /** @param first the sequence of the first event: what comes before is nobody's business, not late, should it come */
  constructor(first: number) {
    this.next = first;
    this.unseen = first;
    this.#settled = first;
  }

  /** Takes an event into account: FRESH, LATE or DUPLICATE. The hot path. */
  take(sequence: number, dueNs: number): number {
    if (sequence !== this.next) return this.#takeOdd(sequence, dueNs);
    this.gap = 0;
    // The bit says whether the event came that has this place now.
    if ((this.#words[(sequence >>> 5) & this.#mask]! & (1 << (sequence & 31))) === 0) this.#vacate(sequence);
    this.next = sequence + 1;
    if (dueNs > this.#lastDueNs) this.#lastDueNs = dueNs;
    return FRESH;
  }

  #takeOdd(sequence: number, dueNs: number): number {
    this.gap = 0;
    if (sequence > this.next) {
      const gap = sequence - this.next;
      this.#skip(gap);
      this.take(sequence, dueNs);
      this.gap = gap;
      return FRESH;
    }
    // No event was due so late before: this is no copy of an old one, the writer began anew.
    if (dueNs > this.#lastDueNs) {
      this.#forgetAll();
      this.next = sequence;
      this.unseen += sequence;
      this.#settled = sequence;
      return this.take(sequence, dueNs);
    }
    const word = (sequence >>> 5) & this.#mask;
    const bit = 1 << (sequence & 31);
    const isRemembered = this.next - sequence <= 32 * this.#words.length;
    if (!isRemembered || (this.#words[word]! & bit) !== 0) return DUPLICATE;
    this.#words[word]! |= bit;
    this.#missing--;
    return LATE;
  }

  /** So many events from the next one on did not come. */
  #skip(gap: number): void {
    if (gap >= 32 * MOST_WORDS) {
      this.#forgetAll();
      this.#forgotten += gap;
      this.next += gap;
      return;
    }
    while (gap >= 32 * this.#words.length) this.#grow();
    const end = this.next + gap;
    for (let at = this.next; at < end; at++) {
      const bit = 1 << (at & 31);
      if ((this.#words[(at >>> 5) & this.#mask]! & bit) === 0) {
        this.next = at;
        this.#vacate(at);
      }
      this.#words[(at >>> 5) & this.#mask]! &= ~bit;
    }
    this.#missing += gap;
    this.next = end;
  }

  /** Makes the place of an event free, which one has that is missing: in a larger ring, while there is one. */
  #vacate(sequence: number): void {
    if (this.#words.length < MOST_WORDS) {
      this.#grow();
      return;
    }
    this.#words[(sequence >>> 5) & this.#mask]! |= 1 << (sequence & 31);
    this.#missing--;
    this.#forgotten++;
  }

  #forgetAll(): void {
    this.#forgotten += this.#missing;
    this.#missing = 0;
    this.#words.fill(-1);
  }

  #grow(): void {
    const old = this.#words;
    const words = new Int32Array(2 * old.length).fill(-1);
    const mask = words.length - 1;
    const head = Math.floor(this.next / 32);
    for (let n = head - old.length + 1; n < head; n++) words[n & mask] = old[n & this.#mask]!;
    // The word of the next event begins with the newest and ends with the oldest of all.
    const both = old[head & this.#mask]!;
    const newest = (1 << (this.next & 31)) - 1;
    words[head & mask] = both | ~newest;
    words[(head - old.length) & mask] = both | newest;
    this.#words = words;
    this.#mask = mask;
  }

  /** How many events were missing at the last call already, and still are. */
  settle(): number {
    const settled = this.#forgotten + (this.#missing === 0 ? 0 : this.#missingBelow(this.#settled));
    this.#settled = this.next;
    return settled;
  }

  #missingBelow(end: number): number {
    const start = Math.max(0, this.next - 32 * this.#words.length);
    let missing = 0;
    for (let n = Math.floor(start / 32); 32 * n < end; n++) {
      let absent = ~this.#words[n & this.#mask]!;
      if (32 * n < start) absent &= -1 << (start & 31);
      if (32 * n + 32 > end) absent &= (1 << (end & 31)) - 1;
      for (; absent !== 0; absent &= absent - 1) missing++;
    }
    return missing;
  }
}
