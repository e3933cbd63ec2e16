const ZERO = 48;
const SPACE = 32;

/** Writes the last `width` decimal digits of a whole number from 0 on, zeros before it. */
export function writeDigits(bytes: Uint8Array, at: number, width: number, value: number): void {
  let rest = value;
  for (let i = at + width - 1; i >= at; i--) {
    const next = Math.floor(rest / 10);
    bytes[i] = ZERO + (rest - next * 10);
    rest = next;
  }
}

/** Writes a whole number from 0 on to the right end of `width` bytes, spaces before it. */
export function writeRightAligned(bytes: Uint8Array, at: number, width: number, value: number): void {
  let rest = value;
  let i = at + width - 1;
  do {
    const next = Math.floor(rest / 10);
    bytes[i] = ZERO + (rest - next * 10);
    rest = next;
    i--;
  } while (rest > 0 && i >= at);
  while (i >= at) bytes[i--] = SPACE;
}

const HEX = Uint8Array.from(Buffer.from('0123456789abcdef', 'latin1'));

/** Writes the last `digits` hex digits of an unsigned number of 32 bits. */
export function writeHex(bytes: Uint8Array, at: number, digits: number, value: number): void {
  for (let i = 0, shift = 4 * (digits - 1); i < digits; i++, shift -= 4) {
    bytes[at + i] = HEX[(value >>> shift) & 15]!;
  }
}
