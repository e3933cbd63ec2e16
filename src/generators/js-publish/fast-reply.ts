import { writeDigits } from '../../wire/fields/write-digits.js';

/**
 * The reply subject of a message in a fast batch says what the message is in it:
 *
 *     <inbox>.<batch id>.<ack every>.fail.<position>.<operation>.$FI
 *
 * `fail`: a message that is missing ends the batch. The id is that of the publisher, since the stream knows batches by it
 * alone, and the number of the batch; from there on all has a fixed width, so that it can be written into finished
 * frames.
 */
export const FAST_OPERATION = { start: 0, append: 1, commit: 2, commitWithout: 3 } as const;

const BATCH_DIGITS = 8;
const FLOW_DIGITS = 5;
const POSITION_DIGITS = 12;
const MIDDLE = Buffer.from('.fail.');
const END = Buffer.from('.$FI');

const FLOW_AT = BATCH_DIGITS + 1;
const MIDDLE_AT = FLOW_AT + FLOW_DIGITS;
const POSITION_AT = MIDDLE_AT + MIDDLE.length;
const OPERATION_AT = POSITION_AT + POSITION_DIGITS + 1;
const END_AT = OPERATION_AT + 1;
/** What follows the id of the publisher. */
export const FAST_REPLY_BYTES = END_AT + END.length;

const DOT = 0x2e;
const ZERO = 0x30;

/** What a publisher's reply subjects begin with, up to the number of the batch. */
export const fastReplyPrefix = (inbox: string): string => `${inbox}${inbox.slice('_INBOX.'.length, -1)}-`;

export function writeFastReply(
  bytes: Uint8Array,
  at: number,
  batch: number,
  ackEvery: number,
  position: number,
  operation: number,
): void {
  writeDigits(bytes, at, BATCH_DIGITS, batch);
  bytes[at + BATCH_DIGITS] = DOT;
  writeDigits(bytes, at + FLOW_AT, FLOW_DIGITS, ackEvery);
  bytes.set(MIDDLE, at + MIDDLE_AT);
  writeDigits(bytes, at + POSITION_AT, POSITION_DIGITS, position);
  bytes[at + POSITION_AT + POSITION_DIGITS] = DOT;
  bytes[at + OPERATION_AT] = ZERO + operation;
  bytes.set(END, at + END_AT);
}

/** The batch that a reply subject names, whose end stands at `end`. */
export const readFastBatch = (bytes: Uint8Array, end: number): number =>
  readDigits(bytes, end - FAST_REPLY_BYTES, BATCH_DIGITS);

/** The position that a reply subject names, whose end stands at `end`. */
export const readFastPosition = (bytes: Uint8Array, end: number): number =>
  readDigits(bytes, end - FAST_REPLY_BYTES + POSITION_AT, POSITION_DIGITS);

function readDigits(bytes: Uint8Array, at: number, width: number): number {
  let value = 0;
  for (let i = at; i < at + width; i++) value = value * 10 + bytes[i]! - ZERO;
  return value;
}
