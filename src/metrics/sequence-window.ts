import { NS } from '../base/nanoseconds.js';
import type { WordBudget } from './word-budget.js';

/** What one event means for the sequence of its writer. */
export const FRESH = 0;
export const LATE = 1;
export const DUPLICATE = 2;
/** Its number cannot be right: nothing was taken into account. */
export const REFUSED = 3;

/** More events than these, and than what it may have sent since it was heard last, no writer leaves out. */
export const USUAL_GAP = 2 ** 24;
/** No writer sends faster. */
const MOST_PER_NS = 1e7 / NS.s;

/** In words of 32 events. It doubles while an event that would leave it is missing. */
const FIRST_WORDS = 32;
const MOST_WORDS = 2 ** 15;
/** Of others' numbers: there may be many who number their events. */
const MOST_FOREIGN_WORDS = 2 ** 11;

export interface WindowOptions {
  /** Numbers of somebody else, which begin with 0 or with 1, and whose times may be those of a second sending. */
  readonly isForeign?: boolean;
  /** The largest gap that is believed when it has just been heard; none is too large unless told. */
  readonly usualGap?: number;
  /** What it may grow by, together with others. */
  readonly budget?: WordBudget;
}

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
  /** How many came after they had been counted as lost. */
  late = 0;
  /** Missing, and still remembered. */
  #missing = 0;
  /** Missing for so many events that they are no longer remembered. */
  #forgotten = 0;
  /** Where it was settled last: what is missing below, and not remembered as missing only since, is lost the next time. */
  #settled: number;
  #settledMissing = 0;
  /** What is missing below has been counted as lost. */
  #counted: number;
  /** The largest gap that is believed. */
  #mostGap: number;
  /** What follows a number that was refused: should it come, then both are right. */
  #suspect = -1;
  /** Of all events so far: those of a batch may be due before those of the batch that left before it. */
  #lastDueNs = Number.NEGATIVE_INFINITY;
  readonly #isForeign: boolean;
  readonly #mostWords: number;
  readonly #usualGap: number;
  readonly #budget: WordBudget | undefined;
  /** A ring of one bit an event, set for those that came; an event is looked for at its sequence, modulo its length. */
  #words = new Int32Array(FIRST_WORDS).fill(-1);
  #mask = FIRST_WORDS - 1;

  /** @param first the sequence of the first event: what comes before is nobody's business, not late, should it come */
  constructor(first: number, { isForeign = false, usualGap, budget }: WindowOptions = {}) {
    this.next = first;
    this.#isForeign = isForeign;
    this.#mostWords = isForeign ? MOST_FOREIGN_WORDS : MOST_WORDS;
    this.#usualGap = usualGap ?? Number.POSITIVE_INFINITY;
    this.#mostGap = this.#usualGap;
    this.#budget = budget;
    this.unseen = this.#countBefore(first);
    this.#settled = first;
    this.#counted = first;
  }

  /**
   * Takes an event into account: FRESH, LATE, DUPLICATE or REFUSED. The hot path.
   *
   * @param dueNs NaN where that is not known
   */
  take(sequence: number, dueNs: number): number {
    if (sequence !== this.next) return this.#takeOdd(sequence, dueNs);
    this.gap = 0;
    // The bit says whether the event came that has this place now.
    if ((this.#words[(sequence >>> 5) & this.#mask]! & (1 << (sequence & 31))) === 0)
      this.#vacate(sequence, 1 << (sequence & 31));
    this.next = sequence + 1;
    if (dueNs > this.#lastDueNs) this.#lastDueNs = dueNs;
    return FRESH;
  }

  #takeOdd(sequence: number, dueNs: number): number {
    this.gap = 0;
    if (sequence > this.next) {
      const gap = sequence - this.next;
      if (gap > this.#mostGap && sequence !== this.#suspect) {
        this.#suspect = sequence + 1;
        return REFUSED;
      }
      this.#mostGap = this.#usualGap;
      this.#skip(gap);
      this.take(sequence, dueNs);
      this.gap = gap;
      return FRESH;
    }
    const word = (sequence >>> 5) & this.#mask;
    const bit = 1 << (sequence & 31);
    const isRemembered = this.next - sequence <= 32 * this.#words.length;
    const isMissing = isRemembered && (this.#words[word]! & bit) === 0;
    // No event was due so late before: this is no copy of an old one, the writer began anew.
    const isLatest = dueNs > this.#lastDueNs;
    if (isLatest && (!this.#isForeign || (!isMissing && (sequence <= 1 || !isRemembered)))) {
      this.#forgetAll();
      this.next = sequence;
      this.unseen += this.#countBefore(sequence);
      this.#settled = sequence;
      this.#counted = sequence;
      return this.take(sequence, dueNs);
    }
    if (!isMissing) return DUPLICATE;
    this.#words[word]! |= bit;
    this.#missing--;
    if (sequence < this.#settled) this.#settledMissing--;
    if (sequence < this.#counted) this.late++;
    return LATE;
  }

  /** So many events from the next one on did not come. */
  #skip(gap: number): void {
    if (!this.#holds(gap)) {
      this.#forgetAll();
      this.#forgotten += gap;
      this.next += gap;
      return;
    }
    const end = this.next + gap;
    for (let at = this.next; at < end; ) {
      const from = at & 31;
      const bits = Math.min(32 - from, end - at);
      const mask = bits === 32 ? -1 : ((1 << bits) - 1) << from;
      if ((~this.#words[(at >>> 5) & this.#mask]! & mask) !== 0) {
        this.next = at;
        this.#vacate(at, mask);
      }
      this.#words[(at >>> 5) & this.#mask]! &= ~mask;
      at += bits;
    }
    this.#missing += gap;
    this.next = end;
  }

  /** Whether it remembers a gap of that size, or can be made to. */
  #holds(gap: number): boolean {
    if (gap < 32 * this.#words.length) return true;
    if (gap >= 32 * this.#mostWords) return false;
    let words = this.#words.length;
    while (gap >= 32 * words) words *= 2;
    if (!this.#mayHave(words)) return false;
    while (this.#words.length < words) this.#grow();
    return true;
  }

  /** Whether it may grow to so many words; what it needs for that is then its own. */
  #mayHave(words: number): boolean {
    if (words > this.#mostWords) return false;
    return this.#budget === undefined || this.#budget.take(words - this.#words.length);
  }

  /** Makes the places in the word of an event free, which ones have that are missing: in a larger ring, if that may be. */
  #vacate(sequence: number, mask: number): void {
    if (this.#mayHave(2 * this.#words.length)) {
      this.#grow();
      return;
    }
    const word = (sequence >>> 5) & this.#mask;
    const absent = ~this.#words[word]! & mask;
    this.#words[word]! |= mask;
    const count = bitsIn(absent);
    this.#missing -= count;
    this.#forgotten += count;
    const firstOfWord = 32 * (Math.floor(sequence / 32) - this.#words.length);
    this.#settledMissing -= bitsIn(absent & bitsBelow(this.#settled - firstOfWord));
  }

  /** How many were numbered before. */
  #countBefore(sequence: number): number {
    return this.#isForeign ? Math.max(0, sequence - 1) : sequence;
  }

  #forgetAll(): void {
    this.#forgotten += this.#missing;
    this.#missing = 0;
    this.#settledMissing = 0;
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

  /**
   * How many events are lost: each counts when it was missing at the last call already, and still is, and goes on to count
   * should it come after all; `late` says how many did.
   *
   * @param elapsedNs since the last call, which says how many it may have sent
   */
  settle(elapsedNs: number): number {
    const believed = this.next === this.#settled ? this.#mostGap : this.#usualGap;
    this.#mostGap = believed + elapsedNs * MOST_PER_NS;
    const lost = this.#forgotten + this.#settledMissing + this.late;
    this.#counted = this.#settled;
    this.#settled = this.next;
    this.#settledMissing = this.#missing;
    return lost;
  }
}

function bitsIn(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** A word in which so many of the lowest bits are set. */
const bitsBelow = (count: number): number => (count <= 0 ? 0 : count >= 32 ? -1 : (1 << count) - 1);
