import type { MessageView } from '../wire/parser.js';

const SLOT_BITS = 15;
const SLOTS = 2 ** SLOT_BITS;
/** A slot is a line of the processor's cache: the subject, filled up with zeros, its length and its series. */
const WORDS = 16;
const LENGTH_AT = 14;
const SERIES_AT = 15;
/** Subjects that are longer are not kept. */
const MAX_BYTES = 4 * LENGTH_AT;
/** A subject may stand in any of so many slots, which lie together. */
const WAYS = 4;

/** What is found for a subject that is not kept. */
export const NOT_KEPT = -1;

/**
 * Remembers the series of the subjects that come again and again, by the hash that the parser made of them: a hit costs
 * one comparison of the bytes, four at a time. Of fixed size; what does not fit takes the place of another.
 */
export class SubjectCache {
  /** The length in a slot is 0 while it is empty. */
  readonly #words = new Int32Array(SLOTS * WORDS);
  #turn = 0;

  /** The series that was kept for the subject of the view, or NOT_KEPT. The hot path. */
  find(view: MessageView): number {
    const length = view.subjectEnd - view.subjectStart;
    const words = this.#words;
    const first = slotOf(view.subjectHash);
    for (let way = 0; way < WAYS; way++) {
      const slot = (first ^ way) * WORDS;
      const kept = words[slot + LENGTH_AT]!;
      if (kept === length && this.#holds(slot, view, length)) return words[slot + SERIES_AT]!;
      if (kept === 0) break;
    }
    return NOT_KEPT;
  }

  /** Keeps the series of the subject of the view, which was not found. */
  keep(view: MessageView, series: number): void {
    const length = view.subjectEnd - view.subjectStart;
    if (length === 0 || length > MAX_BYTES || view.subjectHash === 0) return;
    const words = this.#words;
    const first = slotOf(view.subjectHash);
    let way = 0;
    while (way < WAYS && words[(first ^ way) * WORDS + LENGTH_AT] !== 0) way++;
    // All are taken: each in turn gives way.
    if (way === WAYS) way = this.#turn++ % WAYS;
    const slot = (first ^ way) * WORDS;
    for (let i = slot; i < slot + WORDS; i++) words[i] = 0;
    for (let i = 0; i < length; i++) {
      words[slot + (i >>> 2)]! |= view.buffer[view.subjectStart + i]! << (8 * (i & 3));
    }
    words[slot + LENGTH_AT] = length;
    words[slot + SERIES_AT] = series;
  }

  #holds(slot: number, view: MessageView, length: number): boolean {
    const { data } = view;
    const words = this.#words;
    const start = view.dataStart + view.subjectStart;
    const whole = length >>> 2;
    let at = slot;
    for (let i = 0; i < whole; i++) if (data.getInt32(start + 4 * i, true) !== words[at++]) return false;
    const rest = 8 * (length & 3);
    // Behind a subject there is at least a space, a number and the line's end: four bytes can be read.
    return rest === 0 || ((data.getInt32(start + 4 * whole, true) ^ words[at]!) & ((1 << rest) - 1)) === 0;
  }
}

/** The high bits, where a product of words is mixed best. */
function slotOf(hash: number): number {
  return hash >>> (32 - SLOT_BITS);
}
