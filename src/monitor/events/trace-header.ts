import type { MessageView } from '../../wire/parser.js';

const NAME = Buffer.from('traceparent:', 'latin1');
const LF = 10;
const SPACE = 32;
const DASH = 0x2d;
const ZERO = 0x30;
/** `00-<32 hex>-<16 hex>-01` */
const VALUE_BYTES = 55;
export const TRACE_ID_DIGITS = 32;

const IS_LOWER_HEX = new Uint8Array(256);
for (const digit of '0123456789abcdef') IS_LOWER_HEX[digit.charCodeAt(0)] = 1;

/** Where in the buffer the 32 hex digits of a message's trace stand: W3C's `traceparent`, whatever its case; −1 without. */
export function traceStartOf({ buffer, headerStart, payloadStart }: MessageView): number {
  let at = headerStart;
  while (at < payloadStart) {
    while (at < payloadStart && buffer[at] !== LF) at++;
    at++;
    if (at + NAME.length + VALUE_BYTES > payloadStart) return -1;
    if ((buffer[at]! | 0x20) !== NAME[0] || !isNamed(buffer, at)) continue;
    at += NAME.length;
    while (buffer[at] === SPACE) at++;
    return at + VALUE_BYTES <= payloadStart && isTraceparent(buffer, at) ? at + 3 : -1;
  }
  return -1;
}

function isNamed(buffer: Uint8Array, at: number): boolean {
  for (let i = 1; i < NAME.length; i++) if ((buffer[at + i]! | 0x20) !== (NAME[i]! | 0x20)) return false;
  return true;
}

function isTraceparent(buffer: Uint8Array, at: number): boolean {
  if (buffer[at + 2] !== DASH || buffer[at + 35] !== DASH || buffer[at + 52] !== DASH) return false;
  let nonZero = 0;
  for (let i = at + 3; i < at + 35; i++) {
    if (IS_LOWER_HEX[buffer[i]!] === 0) return false;
    nonZero |= buffer[i]! ^ ZERO;
  }
  return nonZero !== 0;
}
