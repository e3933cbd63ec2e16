const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const LETTER_U = 0x75;
/** Of four bytes: the high bit of each, and one in each. */
const HIGHS = 0x80808080;
const ONES = 0x01010101;
const QUOTES = 0x22222222;
const BACKSLASHES = 0x5c5c5c5c;
const SPACES = 0x20202020;

const IS_ESCAPE = new Uint8Array(256);
for (const letter of '"\\/bfnrt') IS_ESCAPE[letter.charCodeAt(0)] = 1;
const IS_HEX = new Uint8Array(256);
for (const digit of '0123456789abcdefABCDEF') IS_HEX[digit.charCodeAt(0)] = 1;

/** How many escapes were gone over so far: who sees that there were none need not look for them. */
export const SEEN = { escapes: 0 };

/** The first place from `at` on where no white space stands. */
export function skipSpace(buffer: Uint8Array, at: number, end: number): number {
  while (at < end) {
    const byte = buffer[at]!;
    if (byte > 0x20 || (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) return at;
    at++;
  }
  return at;
}

/**
 * Where the quote stands that ends the string whose first byte is at `at`; −1 when there is none before `end`, or when what
 * stands before it may not stand in a string. Four bytes at a time.
 */
export function endOfJsonString(
  buffer: Uint8Array,
  data: DataView,
  dataStart: number,
  at: number,
  end: number,
): number {
  for (;;) {
    while (at + 4 <= end) {
      const four = data.getInt32(dataStart + at, true);
      const quoted = four ^ QUOTES;
      const slashed = four ^ BACKSLASHES;
      // Bytes may be flagged without a reason, but none that matters is not.
      const special =
        (((quoted - ONES) & ~quoted) | ((slashed - ONES) & ~slashed) | ((four - SPACES) & ~four)) & HIGHS;
      if (special !== 0) break;
      at += 4;
    }
    if (at >= end) return -1;
    const byte = buffer[at]!;
    if (byte === QUOTE) return at;
    if (byte < 0x20) return -1;
    if (byte === BACKSLASH) {
      if (at + 1 >= end) return -1;
      SEEN.escapes++;
      const escaped = buffer[at + 1]!;
      if (escaped === LETTER_U) {
        if (at + 6 > end) return -1;
        for (let i = at + 2; i < at + 6; i++) if (IS_HEX[buffer[i]!] === 0) return -1;
        at += 6;
      } else {
        if (IS_ESCAPE[escaped] === 0) return -1;
        at += 2;
      }
    } else {
      at++;
    }
  }
}

/** Where the number that begins at `at` ends; −1 when none begins there. */
export function endOfJsonNumber(buffer: Uint8Array, at: number, end: number): number {
  if (buffer[at] === MINUS) at++;
  if (at >= end) return -1;
  let next = at;
  if (buffer[at] === ZERO) next = at + 1;
  else next = endOfDigits(buffer, at, end);
  if (next === at) return -1;
  at = next;
  if (at < end && buffer[at] === DOT) {
    next = endOfDigits(buffer, at + 1, end);
    if (next === at + 1) return -1;
    at = next;
  }
  if (at < end && (buffer[at]! | 0x20) === 0x65) {
    at++;
    if (at < end && (buffer[at] === 0x2b || buffer[at] === MINUS)) at++;
    next = endOfDigits(buffer, at, end);
    if (next === at) return -1;
    at = next;
  }
  return at;
}

function endOfDigits(buffer: Uint8Array, at: number, end: number): number {
  while (at < end) {
    const digit = buffer[at]! - ZERO;
    if (digit < 0 || digit > 9) return at;
    at++;
  }
  return at;
}

/** Each exact, as is every number of so many digits: their quotient is the nearest double. */
const EXACT_POWERS = Float64Array.from({ length: 23 }, (_, power) => 10 ** power);
const EXACT_DIGITS = 15;

/** The value of the number in [start, end), which is one. */
export function valueOfJsonNumber(buffer: Uint8Array, start: number, end: number): number {
  const negative = buffer[start] === MINUS;
  let value = 0;
  let decimals = 0;
  let digits = 0;
  for (let at = negative ? start + 1 : start, afterDot = false; at < end; at++) {
    const byte = buffer[at]!;
    if (byte === DOT) {
      afterDot = true;
      continue;
    }
    const digit = byte - ZERO;
    // An exponent, or more digits than a double holds: rare.
    if (digit < 0 || digit > 9) return slowValue(buffer, start, end);
    if (++digits > EXACT_DIGITS) return longValue(buffer, start, end);
    value = value * 10 + digit;
    if (afterDot) decimals++;
  }
  if (decimals > 0) value /= EXACT_POWERS[decimals]!;
  return negative ? -value : value;
}

/** Of sixteen to twenty digits without a dot, such as a time in nanoseconds: to the nearest double or its neighbour. */
function longValue(buffer: Uint8Array, start: number, end: number): number {
  const negative = buffer[start] === MINUS;
  const first = negative ? start + 1 : start;
  if (end - first > 20) return slowValue(buffer, start, end);
  const middle = end - 9;
  let high = 0;
  let low = 0;
  for (let at = first; at < end; at++) {
    const digit = buffer[at]! - ZERO;
    if (digit < 0 || digit > 9) return slowValue(buffer, start, end);
    if (at < middle) high = high * 10 + digit;
    else low = low * 10 + digit;
  }
  const value = high * 1e9 + low;
  return negative ? -value : value;
}

function slowValue(buffer: Uint8Array, start: number, end: number): number {
  return Number(Buffer.from(buffer.buffer, buffer.byteOffset + start, end - start).toString('latin1'));
}
