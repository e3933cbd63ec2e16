import type { EventReading } from '../../contracts/event-reading.js';

/** Longer words say no outcome. */
const MAX_WORD_BYTES = 32;
/** What an event says of how it ended in words that nobody named. */
export const OTHER_OUTCOME = 'other';

/** Tells outcomes by words: as they stand in a field, whatever their case, and at the end of the name of a type. */
export class OutcomeWords {
  /** Of the outcomes; the last is OTHER_OUTCOME. */
  readonly names: readonly string[];
  readonly success: number;
  readonly failure: number;
  readonly other: number;
  readonly #words: readonly { readonly bytes: Uint8Array; readonly text: string; readonly outcome: number }[];
  /** By length of a word. */
  readonly #byLength: readonly (readonly { readonly bytes: Uint8Array; readonly outcome: number }[])[];

  constructor({ outcomes }: Pick<EventReading, 'outcomes'>) {
    const names = [...new Set(['success', 'failure', ...Object.keys(outcomes), OTHER_OUTCOME])];
    this.names = names;
    this.success = names.indexOf('success');
    this.failure = names.indexOf('failure');
    this.other = names.indexOf(OTHER_OUTCOME);
    this.#words = Object.entries(outcomes).flatMap(([name, words]) =>
      words.map((word) => {
        const text = word.toLowerCase();
        return { text, bytes: Buffer.from(text), outcome: names.indexOf(name) };
      }),
    );
    this.#byLength = Array.from({ length: MAX_WORD_BYTES + 1 }, (_, length) =>
      this.#words.filter(({ bytes }) => bytes.length === length),
    );
  }

  /** The outcome that the word in [start, end) says; −1 when it is not known. Flat. */
  ofWord(buffer: Uint8Array, start: number, end: number): number {
    const length = end - start;
    if (length > MAX_WORD_BYTES) return -1;
    for (const { bytes, outcome } of this.#byLength[length]!) {
      let i = 0;
      while (i < length && lower(buffer[start + i]!) === bytes[i]) i++;
      if (i === length) return outcome;
    }
    return -1;
  }

  /**
   * The outcome that a type's name ends with: `PaymentFailed`, `payment-failed`, `FAILED`, but not `Unbroken` for `broken`. Of
   * several words the longest counts; −1 for none.
   */
  ofType(type: string): number {
    let found = -1;
    let longest = 0;
    for (const { text, outcome } of this.#words) {
      if (text.length > longest && endsWithWord(type, text)) {
        found = outcome;
        longest = text.length;
      }
    }
    return found;
  }
}

const lower = (byte: number): number => (byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte);

function endsWithWord(type: string, word: string): boolean {
  const at = type.length - word.length;
  if (at < 0 || type.slice(at).toLowerCase() !== word) return false;
  if (at === 0) return true;
  const first = type[at] as string;
  const before = type[at - 1] as string;
  return !/[\p{L}\p{N}]/u.test(before) || (/\p{Lu}/u.test(first) && !/\p{Lu}/u.test(before));
}
