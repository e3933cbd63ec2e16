import type { Random } from '../../base/random.js';
import type { FrameField } from '../frame-text.js';
import { EventBits } from './event-bits.js';
import { writeHex16, writeHex32 } from './write-digits.js';

const TWO_32 = 2 ** 32;
const TWO_16 = 2 ** 16;
const DASH = 45;

/** A random UUID (RFC 9562, version 4) for each event, different from every other one of the run. */
function randomUuid(random: Random): FrameField {
  const bits = new EventBits(random);
  return {
    width: 36,
    write(bytes, at, writer, sequence) {
      bits.of(writer, sequence);
      const { a, b, c, d } = bits;
      writeGroups(bytes, at, a, c >>> 16, 0x4000 | (c & 0x0fff), 0x8000 | ((d >>> 16) & 0x3fff), d, b);
    },
  };
}

/** A UUID that begins with the milliseconds since 1970 at which the event is due (version 7). */
function timedUuid(random: Random, wallOffsetMs: number): FrameField {
  const bits = new EventBits(random);
  return {
    width: 36,
    write(bytes, at, writer, sequence, dueNs) {
      bits.of(writer, sequence);
      const { a, b, d } = bits;
      const ms = Math.floor(wallOffsetMs + dueNs / 1e6);
      const high = Math.floor(ms / TWO_16) % TWO_32;
      // What makes it different from every other stands where no version or variant takes its place.
      const first = 0x7000 | (a >>> 20);
      const second = 0x8000 | ((a >>> 6) & 0x3fff);
      writeGroups(bytes, at, high, ms % TWO_16, first, second, (a << 10) | (d & 0x03ff), b);
    },
  };
}

/** `wallOffsetMs` is what the wall clock shows, in whole milliseconds, when the monotonic one is at 0. */
export function uuidField(version: 4 | 7, random: Random, wallOffsetMs: number): FrameField {
  return version === 4 ? randomUuid(random) : timedUuid(random, wallOffsetMs);
}

/** `high-middle-first-second-lastHighlastLow`, of 32, 16, 16, 16, 16 and 32 bits. */
function writeGroups(
  bytes: Uint8Array,
  at: number,
  high: number,
  middle: number,
  first: number,
  second: number,
  lastHigh: number,
  lastLow: number,
): void {
  writeHex32(bytes, at, high);
  bytes[at + 8] = DASH;
  writeHex16(bytes, at + 9, middle);
  bytes[at + 13] = DASH;
  writeHex16(bytes, at + 14, first);
  bytes[at + 18] = DASH;
  writeHex16(bytes, at + 19, second);
  bytes[at + 23] = DASH;
  writeHex16(bytes, at + 24, lastHigh);
  writeHex32(bytes, at + 28, lastLow);
}
