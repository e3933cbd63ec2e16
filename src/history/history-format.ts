import type { OperationKind } from '../contracts/history.js';
import type { SubjectEntry } from './subject-names.js';

/**
 * The file format of an operation history; docs/history-format.md describes it for other readers.
 *
 * A file is a row of blocks. A block is a header of 24 bytes, little-endian, and its payload:
 *
 *     0  u32  length of the payload
 *     4  u32  CRC-32 of everything behind this field: the rest of the header, and the payload
 *     8  u8   kind of block, then three zero bytes
 *    12  u32  how many operations or reasons the block holds
 *    16  f64  end: how many operations the file holds; 0 in others
 *
 * Every block can be read as soon as it is whole, so a writer that is killed loses only what it had not yet flushed.
 */
export const BLOCK_HEADER_BYTES = 24;
/** Where the part of a block begins that its CRC covers. */
export const CRC_FROM = 8;

export const BLOCK = {
  /** JSON: format version, load, writer, kinds, subjects. The first block of a file, and only there. */
  head: 1,
  /** Operations, a column a field: see COLUMNS. */
  operations: 2,
  /** JSON: an array of reasons, which get the next free indices; the first reason of a file has index 1. */
  reasons: 3,
  /** Nothing: the writer closed the file. Without it the history is not complete. */
  end: 4,
} as const;

export const FORMAT = 'stormglass-history';
export const FORMAT_VERSION = 2;

export interface HistoryHead {
  readonly format: typeof FORMAT;
  readonly version: typeof FORMAT_VERSION;
  readonly load: string;
  readonly writer: number;
  readonly kinds: readonly OperationKind[];
  /** Each of its messages has an id of its own; absent: they have none. */
  readonly messageIds?: boolean;
  readonly subjects: readonly SubjectEntry[];
}

/**
 * The columns of a block, in the order in which they stand, and what is stored of each: the value itself; `delta`, what it
 * is more than that of the operation before it, the first by itself; or what it is more than the time before it in the
 * operation (`sentNs` than `dueNs`, `doneNs` than `sentNs`, or than `dueNs` where that is absent).
 */
export const COLUMNS = [
  'kind',
  'outcome',
  'sequence',
  'dueNs',
  'sentNs',
  'doneNs',
  'subject',
  'streamSequence',
  'detail',
  'valueWriter',
  'valueSequence',
  'reason',
] as const;
export type ColumnName = (typeof COLUMNS)[number];
export const COLUMN = Object.fromEntries(COLUMNS.map((name, i) => [name, i])) as Readonly<
  Record<ColumnName, number>
>;
export const DELTA_COLUMNS: ReadonlySet<number> = new Set([COLUMN.sequence, COLUMN.dueNs]);

/** Small enough that a block's columns stay in the processor's cache. */
export const MAX_BLOCK_OPERATIONS = 4096;

/** Writes a whole number from 0 on, seven bits a byte, the lowest first; returns where the next one goes. */
export function putNumber(bytes: Uint8Array, at: number, value: number): number {
  let rest = value;
  let to = at;
  while (rest >= 128) {
    bytes[to++] = (rest % 128) | 128;
    rest = Math.floor(rest / 128);
  }
  bytes[to++] = rest;
  return to;
}

/** Where the number behind `at` ends that `putNumber` wrote. */
export function numberEnd(bytes: Uint8Array, at: number): number {
  let end = at;
  while ((bytes[end++] as number) >= 128);
  return end;
}

export function numberAt(bytes: Uint8Array, at: number): number {
  let value = 0;
  let scale = 1;
  for (let i = at; ; i++, scale *= 128) {
    const byte = bytes[i] as number;
    value += (byte & 127) * scale;
    if (byte < 128) return value;
  }
}
