import { randomBytes } from 'node:crypto';

/** 32 hex digits that nobody else has. */
export const freshTraceId = (): string => freshHex(16);

/** 16 hex digits that no other span has. */
export const freshSpanId = (): string => freshHex(8);

/** An id of zeros would be none. */
function freshHex(bytes: number): string {
  for (;;) {
    const hex = randomBytes(bytes).toString('hex');
    if (!/^0+$/.test(hex)) return hex;
  }
}

/** Words of 32 bits, signed or not, as hex digits. */
export function hexOfWords(...words: readonly number[]): string {
  let hex = '';
  for (const word of words) hex += (word >>> 0).toString(16).padStart(8, '0');
  return hex;
}
