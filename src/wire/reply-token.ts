/**
 * The last word of a reply subject, of fixed width, so that it can be written into a finished frame: which slot an
 * answer belongs to, and which use of that slot. Six bits a character.
 */
export const REPLY_TOKEN_BYTES = 9;
const SLOT_CHARACTERS = 4;

/** Slots and generations that a token can name. */
export const TOKEN_SLOTS = 2 ** 24;
export const TOKEN_GENERATIONS = 2 ** 30;

/** Sixty-four characters that may stand in a subject: none is '.', '*' or '>'. */
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_';
const CHARACTER = Uint8Array.from(ALPHABET, (character) => character.charCodeAt(0));
const VALUE = new Int16Array(256).fill(-1);
CHARACTER.forEach((code, value) => {
  VALUE[code] = value;
});

export function writeReplyToken(bytes: Uint8Array, at: number, slot: number, generation: number): void {
  bytes[at] = CHARACTER[(slot >>> 18) & 63]!;
  bytes[at + 1] = CHARACTER[(slot >>> 12) & 63]!;
  bytes[at + 2] = CHARACTER[(slot >>> 6) & 63]!;
  bytes[at + 3] = CHARACTER[slot & 63]!;
  bytes[at + 4] = CHARACTER[(generation >>> 24) & 63]!;
  bytes[at + 5] = CHARACTER[(generation >>> 18) & 63]!;
  bytes[at + 6] = CHARACTER[(generation >>> 12) & 63]!;
  bytes[at + 7] = CHARACTER[(generation >>> 6) & 63]!;
  bytes[at + 8] = CHARACTER[generation & 63]!;
}

/** The slot that the token at `at` names; −1 when it is none. */
export function readTokenSlot(bytes: Uint8Array, at: number): number {
  return readDigits(bytes, at, at + SLOT_CHARACTERS);
}

/** The generation that the token at `at` names; −1 when it is none. */
export function readTokenGeneration(bytes: Uint8Array, at: number): number {
  return readDigits(bytes, at + SLOT_CHARACTERS, at + REPLY_TOKEN_BYTES);
}

function readDigits(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = VALUE[bytes[at]!]!;
    if (digit < 0) return -1;
    value = (value << 6) | digit;
  }
  return value;
}
