import { putNumber } from './history-format.js';

/** In a column: this operation has none. */
export const ABSENT = Number.NEGATIVE_INFINITY;

/**
 * How a column is laid out. Each value takes so many bytes (`WIDTH`, 0 for values that are all alike), little-endian, and
 * is what it is more than the column's base; with SPARSE, 0 is absent and other numbers are one too high. With RAW, each
 * is a 64-bit float as it is, NaN where it is absent.
 */
export const MODE = { width: 15, sparse: 16, isBaseNegative: 32 } as const;
export const RAW_WIDTH = 8;

const TWO_32 = 2 ** 32;

/** Where a column's layout and its values went to. */
export interface ColumnEnds {
  directory: number;
  data: number;
}

/**
 * Lays out `values[from..count)`: mode and base behind `ends.directory`, the values behind `ends.data`, and moves both on.
 * Values are whole numbers, or ABSENT.
 */
export function encodeColumn(
  values: Float64Array,
  from: number,
  count: number,
  bytes: Buffer,
  ends: ColumnEnds,
): void {
  let lowest = Number.POSITIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;
  let absent = 0;
  for (let i = from; i < count; i++) {
    const value = values[i]!;
    if (value === ABSENT) absent++;
    else {
      if (value < lowest) lowest = value;
      if (value > highest) highest = value;
    }
  }
  const isSparse = absent > 0;
  const isEmpty = absent === count - from;
  // One less, so that 0 is free for those that are absent.
  const base = isEmpty ? 0 : isSparse ? lowest - 1 : lowest;
  const width = isEmpty ? 0 : widthOf(highest - base);
  const isRaw = width === RAW_WIDTH;
  const shown = isRaw ? 0 : base;
  bytes[ends.directory] = width | (isSparse ? MODE.sparse : 0) | (shown < 0 ? MODE.isBaseNegative : 0);
  ends.directory = putNumber(bytes, ends.directory + 1, Math.abs(shown));
  if (isRaw) putRaw(values, from, count, bytes, ends.data);
  else if (width > 0) putScaled(values, from, count, bytes, ends.data, width, base);
  ends.data += width * (count - from);
}

function widthOf(range: number): number {
  for (let width = 0, most = 1; width <= 6; width++, most *= 256) if (range < most) return width;
  return RAW_WIDTH;
}

function putRaw(values: Float64Array, from: number, count: number, bytes: Buffer, at: number): void {
  for (let i = from; i < count; i++) {
    const value = values[i]!;
    bytes.writeDoubleLE(value === ABSENT ? Number.NaN : value, at + 8 * (i - from));
  }
}

function putScaled(
  values: Float64Array,
  from: number,
  count: number,
  bytes: Uint8Array,
  start: number,
  width: number,
  base: number,
): void {
  let at = start;
  switch (width) {
    case 1:
      for (let i = from; i < count; i++) bytes[at++] = scaledOf(values[i]!, base);
      return;
    case 2:
      for (let i = from; i < count; i++, at += 2) {
        const low = scaledOf(values[i]!, base);
        bytes[at] = low;
        bytes[at + 1] = low >>> 8;
      }
      return;
    case 3:
      for (let i = from; i < count; i++, at += 3) {
        const low = scaledOf(values[i]!, base);
        bytes[at] = low;
        bytes[at + 1] = low >>> 8;
        bytes[at + 2] = low >>> 16;
      }
      return;
    default:
      for (let i = from; i < count; i++, at += width) {
        const scaled = scaledOf(values[i]!, base);
        const low = scaled | 0;
        bytes[at] = low;
        bytes[at + 1] = low >>> 8;
        bytes[at + 2] = low >>> 16;
        bytes[at + 3] = low >>> 24;
        if (width === 4) continue;
        const high = Math.floor(scaled / TWO_32);
        bytes[at + 4] = high;
        if (width === 6) bytes[at + 5] = high >>> 8;
      }
  }
}

const scaledOf = (value: number, base: number): number => (value === ABSENT ? 0 : value - base);
