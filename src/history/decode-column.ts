import { ABSENT, MODE, RAW_WIDTH } from './encode-column.js';

const TWO_32 = 2 ** 32;

/** A column of a block that was read: how it is laid out, and where its values begin. */
export interface ColumnLayout {
  readonly bytes: Buffer;
  readonly mode: number;
  readonly base: number;
  readonly at: number;
}

/**
 * Decodes `count` values into `into[from..]`; those that are absent are ABSENT, of which there are none unless this
 * returns true. The hot path of every check: a tight loop for each width.
 */
export function decodeColumn(layout: ColumnLayout, into: Float64Array, from: number, count: number): boolean {
  const { bytes, mode, base, at: start } = layout;
  const end = from + count;
  let at = start;
  switch (mode & MODE.width) {
    case 0:
      into.fill(mode & MODE.sparse ? ABSENT : base, from, end);
      break;
    case 1:
      for (let i = from; i < end; i++) into[i] = base + bytes[at++]!;
      break;
    case 2:
      for (let i = from; i < end; i++, at += 2) into[i] = base + (bytes[at]! | (bytes[at + 1]! << 8));
      break;
    case 3:
      for (let i = from; i < end; i++, at += 3) {
        into[i] = base + (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16));
      }
      break;
    case 4:
      for (let i = from; i < end; i++, at += 4) into[i] = base + wordAt(bytes, at);
      break;
    case 5:
      for (let i = from; i < end; i++, at += 5) {
        into[i] = base + (wordAt(bytes, at) + bytes[at + 4]! * TWO_32);
      }
      break;
    case 6:
      for (let i = from; i < end; i++, at += 6) {
        into[i] = base + (wordAt(bytes, at) + (bytes[at + 4]! | (bytes[at + 5]! << 8)) * TWO_32);
      }
      break;
    case RAW_WIDTH:
      for (let i = from; i < end; i++, at += 8) {
        const value = bytes.readDoubleLE(at);
        into[i] = Number.isNaN(value) ? ABSENT : value;
      }
      return (mode & MODE.sparse) !== 0;
  }
  if ((mode & MODE.sparse) === 0) return false;
  for (let i = from; i < end; i++) if (into[i] === base) into[i] = ABSENT;
  return true;
}

/** As `decodeColumn`, for small numbers of which none is absent and none negative. */
export function decodeSmallColumn(
  layout: ColumnLayout,
  into: Uint8Array | Uint16Array | Uint32Array,
  count: number,
): void {
  const { bytes, mode, base, at: start } = layout;
  let at = start;
  switch (mode & MODE.width) {
    case 0:
      into.fill(base, 0, count);
      return;
    case 1:
      for (let i = 0; i < count; i++) into[i] = base + bytes[at++]!;
      return;
    case 2:
      for (let i = 0; i < count; i++, at += 2) into[i] = base + (bytes[at]! | (bytes[at + 1]! << 8));
      return;
    case 3:
      for (let i = 0; i < count; i++, at += 3) {
        into[i] = base + (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16));
      }
      return;
    default:
      for (let i = 0; i < count; i++, at += 4) into[i] = base + wordAt(bytes, at);
  }
}

const wordAt = (bytes: Uint8Array, at: number): number =>
  (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
