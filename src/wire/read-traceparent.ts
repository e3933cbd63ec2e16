import type { MessageView } from './parser.js';

/** The W3C trace context of a message, in words of 32 bits, signed; reused by the reader. */
export interface TraceContext {
  traceA: number;
  traceB: number;
  traceC: number;
  traceD: number;
  spanA: number;
  spanB: number;
  /** Who began the trace records it: whoever goes on with it should, too. */
  sampled: boolean;
}

export const emptyTraceContext = (): TraceContext => ({
  traceA: 0,
  traceB: 0,
  traceC: 0,
  traceD: 0,
  spanA: 0,
  spanB: 0,
  sampled: false,
});

/** What `readTraceparent` found. */
export const TRACE_NONE = 0;
export const TRACE_MALFORMED = 1;
export const TRACE_FOUND = 2;

const NAME = Buffer.from('traceparent', 'latin1');
/** `NATS/1.0` and its line end: a status or a description behind it makes the line longer. */
const FIRST_LINE_BYTES = 10;
const VALUE_BYTES = 55;
const LF = 10;
const CR = 13;
const SPACE = 32;
const TAB = 9;
const COLON = 58;
const DASH = 45;
const FF_VERSION = 255;
const SAMPLED = 1;

/** By character: the value of a hex digit; −1 for anything else, capitals included, as W3C has it. */
const DIGIT = new Int8Array(256).fill(-1);
for (let digit = 0; digit < 16; digit++) DIGIT[digit.toString(16).charCodeAt(0)] = digit;

/**
 * Reads the `traceparent` header of a message, whatever the case of its name, where it has one; `into` is touched only for
 * TRACE_FOUND. Allocates nothing: a message without headers costs a comparison.
 */
export function readTraceparent(view: MessageView, into: TraceContext): number {
  const { buffer, headerStart, payloadStart } = view;
  if (payloadStart - headerStart < FIRST_LINE_BYTES + NAME.length + 1) return TRACE_NONE;
  const at = findValue(buffer, headerStart, payloadStart);
  if (at < 0) return TRACE_NONE;
  return readValue(buffer, at, lineEnd(buffer, at, payloadStart), into) ? TRACE_FOUND : TRACE_MALFORMED;
}

/** How many digits a trace id has. */
export const TRACE_ID_DIGITS = 32;
const TRACE_ID_AT = 3;

const scratch = emptyTraceContext();

/** Where in the buffer the digits of a message's trace id stand, where it has one and it is sampled; else −1. Allocates nothing. */
export function sampledTraceStart(view: MessageView): number {
  if (readTraceparent(view, scratch) !== TRACE_FOUND || !scratch.sampled) return -1;
  return findValue(view.buffer, view.headerStart, view.payloadStart) + TRACE_ID_AT;
}

/** The text of the header, for people. */
export function traceparentText({ buffer, headerStart, payloadStart }: MessageView): string {
  const at = findValue(buffer, headerStart, payloadStart);
  if (at < 0) return '';
  const end = Math.min(lineEnd(buffer, at, payloadStart), at + 2 * VALUE_BYTES);
  return Buffer.from(buffer.buffer, buffer.byteOffset + at, end - at).toString('latin1');
}

/** Where the value begins; −1 where there is no such header. */
function findValue(buffer: Uint8Array, start: number, end: number): number {
  // The line before the first header ends here, or later.
  let at = start + FIRST_LINE_BYTES - 1;
  for (;;) {
    while (at < end && buffer[at] !== LF) at++;
    const line = ++at;
    if (line + NAME.length >= end) return -1;
    let matched = 0;
    while (matched < NAME.length && (buffer[line + matched]! | 0x20) === NAME[matched]) matched++;
    if (matched < NAME.length || buffer[line + matched] !== COLON) continue;
    at = line + matched + 1;
    while (at < end && (buffer[at] === SPACE || buffer[at] === TAB)) at++;
    return at;
  }
}

/** Where the line ends, without spaces behind its value. */
function lineEnd(buffer: Uint8Array, at: number, blockEnd: number): number {
  let end = at;
  while (end < blockEnd && buffer[end] !== CR && buffer[end] !== LF) end++;
  while (end > at && (buffer[end - 1] === SPACE || buffer[end - 1] === TAB)) end--;
  return end;
}

function readValue(buffer: Uint8Array, at: number, end: number, into: TraceContext): boolean {
  if (end - at < VALUE_BYTES) return false;
  const version = readByte(buffer, at);
  // A later version may say more behind a dash; 255 is none.
  if (version < 0 || version === FF_VERSION) return false;
  if (end - at > VALUE_BYTES && (version === 0 || buffer[at + VALUE_BYTES] !== DASH)) return false;
  if (buffer[at + 2] !== DASH || buffer[at + 35] !== DASH || buffer[at + 52] !== DASH) return false;
  for (let i = 3; i < VALUE_BYTES; i++) {
    if (DIGIT[buffer[at + i]!]! < 0 && i !== 35 && i !== 52) return false;
  }
  const traceA = readWord(buffer, at + 3);
  const traceB = readWord(buffer, at + 11);
  const traceC = readWord(buffer, at + 19);
  const traceD = readWord(buffer, at + 27);
  const spanA = readWord(buffer, at + 36);
  const spanB = readWord(buffer, at + 44);
  // An id of zeros is none.
  if ((traceA | traceB | traceC | traceD) === 0 || (spanA | spanB) === 0) return false;
  into.traceA = traceA;
  into.traceB = traceB;
  into.traceC = traceC;
  into.traceD = traceD;
  into.spanA = spanA;
  into.spanB = spanB;
  into.sampled = (readByte(buffer, at + 53) & SAMPLED) !== 0;
  return true;
}

/** Two hex digits; below 0 when one is none. */
const readByte = (buffer: Uint8Array, at: number): number => {
  const high = DIGIT[buffer[at]!]!;
  const low = DIGIT[buffer[at + 1]!]!;
  return high < 0 || low < 0 ? -1 : (high << 4) | low;
};

/** Eight hex digits that are known to be some. */
function readWord(buffer: Uint8Array, at: number): number {
  let word = 0;
  for (let i = 0; i < 8; i++) word = (word << 4) | DIGIT[buffer[at + i]!]!;
  return word;
}
