import { printable } from '../printable.js';

/** Tokens of subjects and texts of fields are told apart by so many bytes: they may be long, and metrics need short labels. */
export const MAX_LABEL_BYTES = 128;

/** What stands in [start, end), cut to a label's length. */
export function fieldText(buffer: Uint8Array, start: number, end: number): string {
  const cut = Math.min(end, start + MAX_LABEL_BYTES);
  return printable(Buffer.from(buffer.buffer, buffer.byteOffset + start, cut - start).toString('utf8'));
}
