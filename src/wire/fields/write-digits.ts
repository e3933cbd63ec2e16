const ZERO = 48;
const SPACE = 32;
const TWO_31 = 2 ** 31;

/** Writes the last `width` decimal digits of a whole number from 0 on, zeros before it. */
export function writeDigits(bytes: Uint8Array, at: number, width: number, value: number): void {
  let i = at + width - 1;
  let large = value;
  for (; large >= TWO_31 && i >= at; i--) {
    const next = Math.floor(large / 10);
    bytes[i] = ZERO + (large - next * 10);
    large = next;
  }
  // From here on in whole numbers of 32 bits, which take a fraction of the time.
  for (let rest = large | 0; i >= at; i--) {
    const next = (rest / 10) | 0;
    bytes[i] = ZERO + (rest - next * 10);
    rest = next;
  }
}

/** Writes a whole number from 0 on to the right end of `width` bytes, spaces before it. */
export function writeRightAligned(bytes: Uint8Array, at: number, width: number, value: number): void {
  writeDigits(bytes, at, width, value);
  const last = at + width - 1;
  for (let i = at; i < last && bytes[i] === ZERO; i++) bytes[i] = SPACE;
}

/** Both hex digits of each byte. */
const HIGH = Uint8Array.from({ length: 256 }, (_, byte) => (byte >>> 4).toString(16).charCodeAt(0));
const LOW = Uint8Array.from({ length: 256 }, (_, byte) => (byte & 15).toString(16).charCodeAt(0));

/** Writes the eight hex digits of an unsigned number of 32 bits. */
export function writeHex32(bytes: Uint8Array, at: number, value: number): void {
  writeHex16(bytes, at, value >>> 16);
  writeHex16(bytes, at + 4, value);
}

/** Writes the four hex digits of the lower 16 bits of a number. */
export function writeHex16(bytes: Uint8Array, at: number, value: number): void {
  const high = (value >>> 8) & 0xff;
  const low = value & 0xff;
  bytes[at] = HIGH[high]!;
  bytes[at + 1] = LOW[high]!;
  bytes[at + 2] = HIGH[low]!;
  bytes[at + 3] = LOW[low]!;
}
