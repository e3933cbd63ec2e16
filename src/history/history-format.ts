/**
 * The file format of an operation history; docs/history-format.md describes it for other readers.
 *
 * A file is a row of blocks. A block is a header of 24 bytes, little-endian, and its payload:
 *
 *     0  u32  length of the payload
 *     4  u32  CRC-32 of everything behind this field: the rest of the header, and the payload
 *     8  u8   kind of block, then three zero bytes
 *    12  u32  how many operations or reasons the block holds
 *    16  f64  operations: the due time that the first is relative to; end: how many operations the file holds
 *
 * Every block can be read as soon as it is whole, so a writer that is killed loses only what it had not yet flushed.
 */
export const BLOCK_HEADER_BYTES = 24;
/** Where the part of a block begins that its CRC covers. */
export const CRC_FROM = 8;

export const BLOCK = {
  /** JSON: format version, load, writer, subjects. The first block of a file, and only there. */
  head: 1,
  /** Operations, as `putOperation` lays them out. */
  operations: 2,
  /** JSON: an array of reasons, which get the next free indices; the first reason of a file has index 1. */
  reasons: 3,
  /** Nothing: the writer closed the file. Without it the history is not complete. */
  end: 4,
} as const;

export const FORMAT = 'stormglass-history';
export const FORMAT_VERSION = 1;

export interface HistoryHead {
  readonly format: typeof FORMAT;
  readonly version: typeof FORMAT_VERSION;
  readonly load: string;
  readonly writer: number;
  readonly subjects: readonly string[];
}

/** Which parts of an operation follow its flags; the lowest two bits are the index of the outcome. */
export const HAS = { sent: 4, done: 8, streamSequence: 16, reason: 32 } as const;
export const OUTCOME_BITS = 3;

/** An operation is never longer: its flags, five numbers of up to eight bytes, two of up to three. */
export const MAX_OPERATION_BYTES = 1 + 5 * 8 + 2 * 3;
export const MAX_BLOCK_OPERATIONS = 8192;

/** Writes a whole number from 0 to 2^53, seven bits a byte, the lowest first; returns where the next one goes. */
export function putNumber(bytes: Uint8Array, at: number, value: number): number {
  while (value >= 128) {
    bytes[at++] = (value & 127) | 128;
    value = value < 0x80000000 ? value >>> 7 : Math.floor(value / 128);
  }
  bytes[at++] = value;
  return at;
}

/** Writes a whole number of either sign, of up to 52 bits: small ones of either sign are short. */
export function putSigned(bytes: Uint8Array, at: number, value: number): number {
  return putNumber(bytes, at, value >= 0 ? value * 2 : -value * 2 - 1);
}
