/** A positive acknowledgement, read in place; reused. */
export interface PubAck {
  streamSequence: number;
  duplicate: boolean;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const LETTER_T = 0x74;
const STREAM = Buffer.from('{"stream":"');
const DOMAIN = Buffer.from(',"domain":"');
const SEQUENCE = Buffer.from(',"seq":');
const DUPLICATE = Buffer.from('"duplicate":');

/**
 * Reads a positive acknowledgement, as servers write it, without making a string or an object. Returns false for
 * anything else, errors included: those are for `readRefusal`.
 */
export function readPubAck(bytes: Uint8Array, start: number, end: number, into: PubAck): boolean {
  if (!startsWith(bytes, start, end, STREAM)) return false;
  let at = skipString(bytes, start + STREAM.length, end);
  if (startsWith(bytes, at, end, DOMAIN)) at = skipString(bytes, at + DOMAIN.length, end);
  if (!startsWith(bytes, at, end, SEQUENCE)) return false;
  at += SEQUENCE.length;
  let value = 0;
  for (; at < end; at++) {
    const digit = bytes[at]! - 48;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  if (value === 0) return false;
  into.streamSequence = value;
  into.duplicate = false;
  // `}` at once is by far the most frequent.
  for (; at < end; at++) {
    if (bytes[at] === QUOTE && startsWith(bytes, at, end, DUPLICATE)) {
      at += DUPLICATE.length;
      while (bytes[at] === SPACE) at++;
      into.duplicate = bytes[at] === LETTER_T;
      break;
    }
  }
  return true;
}

/** Where to go on behind a string without escapes; `end` when it has one or does not end. */
function skipString(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end; at++) {
    if (bytes[at] === QUOTE) return at + 1;
    if (bytes[at] === BACKSLASH) return end;
  }
  return end;
}

function startsWith(bytes: Uint8Array, at: number, end: number, expected: Uint8Array): boolean {
  if (at + expected.length > end) return false;
  for (let i = 0; i < expected.length; i++) if (bytes[at + i] !== expected[i]) return false;
  return true;
}
