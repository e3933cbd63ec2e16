import { printable } from '../printable.js';

/** Tokens of subjects and texts of fields are told apart by so many bytes: they may be long, and metrics need short labels. */
export const MAX_LABEL_BYTES = 128;

const BACKSLASH = 0x5c;

/** A text of JSON as it reads, without its quotes and cut to a label's length; one that is none as its bytes. */
export function fieldText(buffer: Uint8Array, start: number, end: number): string {
  const cut = Math.min(end, start + MAX_LABEL_BYTES);
  const raw = Buffer.from(buffer.buffer, buffer.byteOffset + start, cut - start).toString('utf8');
  if (!buffer.subarray(start, cut).includes(BACKSLASH)) return printable(raw);
  try {
    return printable(JSON.parse(`"${raw}"`) as string);
  } catch {
    return printable(raw);
  }
}
