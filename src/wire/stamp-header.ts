import type { FrameField } from './frame-text.js';
import type { MessageView } from './parser.js';
import { readStamp, STAMP_BYTES, type Stamp, writeStamp } from './stamp.js';

/**
 * A stamp that travels in a header, for payloads that must stay what they are: JSON, a user's file. It is the first
 * line of the header block, exactly:
 *
 *     NATS/1.0\r\nStormglass-Stamp: <the sixteen bytes of the stamp in hex>\r\n
 */
export const STAMP_HEADER = 'Stormglass-Stamp';
export const STAMP_HEX_BYTES = 2 * STAMP_BYTES;
/** Where in the header block of such a message the hex digits stand. */
export const STAMP_HEX_AT = `NATS/1.0\r\n${STAMP_HEADER}: `.length;

const PREFIX = Uint8Array.from(Buffer.from(`NATS/1.0\r\n${STAMP_HEADER}: `, 'latin1'));
/** The line's own end; the empty line that ends the block comes at some point behind it. */
const STAMP_LINE_BYTES = PREFIX.length + STAMP_HEX_BYTES + 2;
const CR = 13;
const LF = 10;

const DIGIT = Uint8Array.from(Buffer.from('0123456789abcdef', 'latin1'));
/** The value of a hex digit; −1 for every other byte. */
const VALUE = new Int8Array(256).fill(-1);
DIGIT.forEach((code, value) => {
  VALUE[code] = value;
});
for (let letter = 0; letter < 6; letter++) VALUE[0x41 + letter] = 10 + letter;

const scratch = new Uint8Array(STAMP_BYTES);

/** Writes the 32 hex digits of a stamp at `at`; for the bounds of the fields see `writeStamp`. */
export function writeStampHex(
  bytes: Uint8Array,
  at: number,
  writer: number,
  sequence: number,
  dueUs: number,
): void {
  writeStamp(scratch, 0, writer, sequence, dueUs);
  for (let i = 0; i < STAMP_BYTES; i++) {
    const byte = scratch[i]!;
    bytes[at + 2 * i] = DIGIT[byte >>> 4]!;
    bytes[at + 2 * i + 1] = DIGIT[byte & 15]!;
  }
}

/** The value of the header of a frame that carries its stamp so. */
export const STAMP_FIELD: FrameField = {
  width: STAMP_HEX_BYTES,
  write: (bytes, at, writer, sequence, dueNs) =>
    writeStampHex(bytes, at, writer, sequence, Math.floor(dueNs / 1000)),
};

/** Reads the stamp in the 32 hex digits at `at`; false, and `into` untouched, when they are none of ours. */
export function readStampHex(bytes: Uint8Array, at: number, into: Stamp): boolean {
  let odd = 0;
  for (let i = 0; i < STAMP_BYTES; i++) {
    const high = VALUE[bytes[at + 2 * i]!]!;
    const low = VALUE[bytes[at + 2 * i + 1]!]!;
    odd |= high | low;
    scratch[i] = (high << 4) | low;
  }
  return odd >= 0 && readStamp(scratch, 0, STAMP_BYTES, into);
}

/**
 * Reads the stamp of a message: the payload's beginning, or else the first header. False, and `into` untouched, when
 * it has none. The hot path.
 */
export function readMessageStamp(view: MessageView, into: Stamp): boolean {
  const { buffer, headerStart, payloadStart } = view;
  if (readStamp(buffer, payloadStart, view.payloadEnd - payloadStart, into)) return true;
  return payloadStart > headerStart && readHeaderStamp(buffer, headerStart, payloadStart, into);
}

function readHeaderStamp(bytes: Uint8Array, start: number, end: number, into: Stamp): boolean {
  if (end - start < STAMP_LINE_BYTES) return false;
  const lineEnd = start + STAMP_LINE_BYTES;
  if (bytes[lineEnd - 2] !== CR || bytes[lineEnd - 1] !== LF) return false;
  // From behind: the beginning is that of every header block.
  for (let i = PREFIX.length - 1; i >= 0; i--) if (bytes[start + i] !== PREFIX[i]) return false;
  return readStampHex(bytes, start + STAMP_HEX_AT, into);
}
