const BACKSLASH = 0x5c;
const LETTER_U = 0x75;
const REPLACEMENT = 0xfffd;

/** By the letter behind a backslash, what it stands for. */
const MEANING = Uint8Array.from({ length: 256 }, (_, byte) => byte);
for (const [letter, character] of Object.entries({ b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }))
  MEANING[letter.charCodeAt(0)] = character.charCodeAt(0);

/** The first backslash in [start, end), `end` when there is none. */
export function firstEscape(buffer: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && buffer[at] !== BACKSLASH) at++;
  return at;
}

/**
 * Writes what the text of a JSON string in [start, end) says over it, in UTF-8, which is never longer; returns where it ends
 * then. Half a surrogate pair becomes U+FFFD, as everywhere. Flat.
 */
export function decodeInPlace(buffer: Uint8Array, start: number, end: number): number {
  let at = firstEscape(buffer, start, end);
  let to = at;
  while (at < end) {
    const byte = buffer[at]!;
    if (byte !== BACKSLASH) {
      buffer[to++] = byte;
      at++;
    } else if (buffer[at + 1] !== LETTER_U) {
      buffer[to++] = MEANING[buffer[at + 1]!]!;
      at += 2;
    } else {
      let code = hexAt(buffer, at + 2);
      at += 6;
      if (code >= 0xd800 && code <= 0xdfff) {
        const isPair =
          code < 0xdc00 && at + 6 <= end && buffer[at] === BACKSLASH && buffer[at + 1] === LETTER_U;
        const low = isPair ? hexAt(buffer, at + 2) : 0;
        if (low >= 0xdc00 && low <= 0xdfff) {
          code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
          at += 6;
        } else {
          code = REPLACEMENT;
        }
      }
      to = writeCode(buffer, to, code);
    }
  }
  return to;
}

function hexAt(buffer: Uint8Array, at: number): number {
  let value = 0;
  for (let i = at; i < at + 4; i++) {
    const byte = buffer[i]!;
    value = (value << 4) | (byte <= 0x39 ? byte - 0x30 : (byte | 0x20) - 0x57);
  }
  return value;
}

function writeCode(buffer: Uint8Array, to: number, code: number): number {
  if (code < 0x80) {
    buffer[to++] = code;
    return to;
  }
  if (code < 0x800) {
    buffer[to++] = 0xc0 | (code >> 6);
  } else {
    if (code < 0x10000) {
      buffer[to++] = 0xe0 | (code >> 12);
    } else {
      buffer[to++] = 0xf0 | (code >> 18);
      buffer[to++] = 0x80 | ((code >> 12) & 0x3f);
    }
    buffer[to++] = 0x80 | ((code >> 6) & 0x3f);
  }
  buffer[to++] = 0x80 | (code & 0x3f);
  return to;
}
