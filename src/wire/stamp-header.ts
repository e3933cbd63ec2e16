import type { FrameField } from './frame-text.js';
import type { MessageView } from './parser.js';
import { decodeStamp, readStampAt, STAMP_BYTES, type Stamp, writeStamp } from './stamp.js';

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

const PREFIX = Buffer.from(`NATS/1.0\r\n${STAMP_HEADER}: `, 'latin1');
/** The 28 bytes of the prefix, four at a time. */
const PREFIX_WORDS = Int32Array.from({ length: PREFIX.length / 4 }, (_, i) => PREFIX.readInt32LE(4 * i));
/** The line's own end; the empty line that ends the block comes at some point behind it. */
const STAMP_LINE_BYTES = PREFIX.length + STAMP_HEX_BYTES + 2;
const CRLF = 0x0d0a;

const DIGIT = Uint8Array.from(Buffer.from('0123456789abcdef', 'latin1'));
/** The byte that two hex digits make, by the sixteen bits of their characters; −1 where one is no digit. */
const BYTE_OF = new Int16Array(65_536).fill(-1);
for (let byte = 0; byte < 256; byte++) {
  const hex = byte.toString(16).padStart(2, '0');
  for (const high of [hex[0]!, hex[0]!.toUpperCase()]) {
    for (const low of [hex[1]!, hex[1]!.toUpperCase()]) {
      BYTE_OF[(high.charCodeAt(0) << 8) | low.charCodeAt(0)] = byte;
    }
  }
}

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
export function readStampHex(data: DataView, at: number, into: Stamp): boolean {
  let odd = 0;
  let first = 0;
  let second = 0;
  let third = 0;
  let fourth = 0;
  for (let i = 0; i < 8; i += 2) {
    const a = BYTE_OF[data.getUint16(at + i)]!;
    const b = BYTE_OF[data.getUint16(at + 8 + i)]!;
    const c = BYTE_OF[data.getUint16(at + 16 + i)]!;
    const d = BYTE_OF[data.getUint16(at + 24 + i)]!;
    odd |= a | b | c | d;
    first = (first << 8) | a;
    second = (second << 8) | b;
    third = (third << 8) | c;
    fourth = (fourth << 8) | d;
  }
  return odd >= 0 && decodeStamp(first, second, third, fourth, into);
}

/**
 * Reads the stamp of a message: the payload's beginning, or else the first header. False, and `into` untouched, when
 * it has none. The hot path.
 */
export function readMessageStamp(view: MessageView, into: Stamp): boolean {
  const { data, dataStart, headerStart, payloadStart } = view;
  if (view.payloadEnd - payloadStart >= STAMP_BYTES && readStampAt(data, dataStart + payloadStart, into))
    return true;
  return (
    payloadStart - headerStart >= STAMP_LINE_BYTES && readHeaderStamp(data, dataStart + headerStart, into)
  );
}

function readHeaderStamp(data: DataView, at: number, into: Stamp): boolean {
  if (data.getUint16(at + STAMP_LINE_BYTES - 2) !== CRLF) return false;
  // From behind: the beginning is that of every header block.
  for (let i = PREFIX_WORDS.length - 1; i >= 0; i--) {
    if (data.getInt32(at + 4 * i, true) !== PREFIX_WORDS[i]) return false;
  }
  return readStampHex(data, at + STAMP_HEX_AT, into);
}
