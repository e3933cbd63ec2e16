/**
 * What makes a payload one of ours: sixteen bytes at its beginning that say who sent it, as which one, and when it
 * was due. Layout, big endian:
 *
 *     0       1        2      3..4    5..9      10..15
 *     0xC1    version  check  writer  sequence  due time in microseconds of the process.hrtime clock
 *
 * 0xC1 stands in no UTF-8 text and in no MessagePack value; the check byte is a hash over all that follows it, so
 * that a foreign payload passes by accident once in sixteen million of those that are random from the first byte.
 */
export const STAMP_BYTES = 16;

const MAGIC = 0xc1;
const VERSION = 1;
const BEGINNING = (MAGIC << 8) | VERSION;
const TWO_32 = 2 ** 32;

/** A stamp that was read; reused by the reader, so take what you need before the next read. */
export interface Stamp {
  writer: number;
  sequence: number;
  dueNs: number;
}

export function emptyStamp(): Stamp {
  return { writer: 0, sequence: 0, dueNs: 0 };
}

function checkByte(
  writer: number,
  sequenceHigh: number,
  sequenceLow: number,
  dueHigh: number,
  dueLow: number,
): number {
  let hash = Math.imul(((writer << 8) | sequenceHigh) ^ 0x2545f491, 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 15) ^ sequenceLow, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13) ^ dueHigh, 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 16) ^ dueLow, 0x27d4eb2f);
  return hash >>> 24;
}

/** Writes a stamp at `at`. `writer` < 2^16, `sequence` < 2^40, `dueUs` whole microseconds < 2^48; none is checked. */
export function writeStamp(
  bytes: Uint8Array,
  at: number,
  writer: number,
  sequence: number,
  dueUs: number,
): void {
  const sequenceHigh = (sequence / TWO_32) | 0;
  const sequenceLow = sequence | 0;
  const dueHigh = (dueUs / TWO_32) | 0;
  const dueLow = (dueUs - dueHigh * TWO_32) | 0;
  bytes[at] = MAGIC;
  bytes[at + 1] = VERSION;
  bytes[at + 2] = checkByte(writer, sequenceHigh, sequenceLow, dueHigh, dueLow);
  bytes[at + 3] = writer >>> 8;
  bytes[at + 4] = writer;
  bytes[at + 5] = sequenceHigh;
  bytes[at + 6] = sequenceLow >>> 24;
  bytes[at + 7] = sequenceLow >>> 16;
  bytes[at + 8] = sequenceLow >>> 8;
  bytes[at + 9] = sequenceLow;
  bytes[at + 10] = dueHigh >>> 8;
  bytes[at + 11] = dueHigh;
  bytes[at + 12] = dueLow >>> 24;
  bytes[at + 13] = dueLow >>> 16;
  bytes[at + 14] = dueLow >>> 8;
  bytes[at + 15] = dueLow;
}

/** Reads the stamp of a payload of `length` bytes at `at`; false, and `into` untouched, when it is not one of ours. */
export function readStamp(bytes: Uint8Array, at: number, length: number, into: Stamp): boolean {
  if (length < STAMP_BYTES || bytes[at] !== MAGIC || bytes[at + 1] !== VERSION) return false;
  return decodeStamp(
    wordAt(bytes, at),
    wordAt(bytes, at + 4),
    wordAt(bytes, at + 8),
    wordAt(bytes, at + 12),
    into,
  );
}

/** `readStamp` for sixteen bytes at `at` that are known to be there, a word at a time. The hot path. */
export function readStampAt(data: DataView, at: number, into: Stamp): boolean {
  return decodeStamp(
    data.getInt32(at),
    data.getInt32(at + 4),
    data.getInt32(at + 8),
    data.getInt32(at + 12),
    into,
  );
}

/** Reads the stamp that four words make, big endian; false, and `into` untouched, when it is not one of ours. */
export function decodeStamp(
  first: number,
  second: number,
  third: number,
  dueLow: number,
  into: Stamp,
): boolean {
  if (first >>> 16 !== BEGINNING) return false;
  const writer = ((first & 0xff) << 8) | (second >>> 24);
  const sequenceHigh = (second >>> 16) & 0xff;
  const sequenceLow = (second << 16) | (third >>> 16);
  const dueHigh = third & 0xffff;
  if (((first >>> 8) & 0xff) !== checkByte(writer, sequenceHigh, sequenceLow, dueHigh, dueLow)) return false;
  into.writer = writer;
  into.sequence = sequenceHigh * TWO_32 + (sequenceLow >>> 0);
  into.dueNs = (dueHigh * TWO_32 + (dueLow >>> 0)) * 1000;
  return true;
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}
