/** What JetStream says about a message in the subject that it is to be acknowledged on; reused by the reader. */
export interface AckReply {
  /** How often this message was delivered, this time included. */
  delivered: number;
  streamSequence: number;
  /** Counts what this consumer delivered, from 1 without holes. */
  consumerSequence: number;
  /** Messages that the consumer has not delivered yet. */
  pending: number;
}

export const emptyAckReply = (): AckReply => ({
  delivered: 0,
  streamSequence: 0,
  consumerSequence: 0,
  pending: 0,
});

const DOT = 0x2e;
const PREFIX = Buffer.from('$JS.ACK.');
/** `$JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<time>.<pending>` */
const SHORT_TOKENS = 9;
/** `$JS.ACK.<domain>.<account>.<stream>.<consumer>.<delivered>.…`, the same from there on, then tokens to come. */
const LONG_TOKENS = 11;
const SHORT_STREAM_SEQUENCE = 5;
const LONG_STREAM_SEQUENCE = 7;
const TOKEN_STARTS = new Int32Array(16);

/** Reads the reply subject in [start, end); false, and `into` untouched, when it is none of JetStream's. */
export function readAckReply(buffer: Uint8Array, start: number, end: number, into: AckReply): boolean {
  if (end - start <= PREFIX.length) return false;
  for (let i = 0; i < PREFIX.length; i++) if (buffer[start + i] !== PREFIX[i]) return false;
  let tokens = 1;
  for (let at = start; at < end; at++) {
    if (buffer[at] === DOT && tokens < TOKEN_STARTS.length) TOKEN_STARTS[tokens++] = at + 1;
  }
  if (tokens !== SHORT_TOKENS && tokens < LONG_TOKENS) return false;
  const first = tokens === SHORT_TOKENS ? SHORT_STREAM_SEQUENCE : LONG_STREAM_SEQUENCE;
  const delivered = numberAt(buffer, TOKEN_STARTS[first - 1]!, end);
  const streamSequence = numberAt(buffer, TOKEN_STARTS[first]!, end);
  const consumerSequence = numberAt(buffer, TOKEN_STARTS[first + 1]!, end);
  const pending = numberAt(buffer, TOKEN_STARTS[first + 3]!, end);
  if (delivered < 0 || streamSequence < 0 || consumerSequence < 0 || pending < 0) return false;
  into.delivered = delivered;
  into.streamSequence = streamSequence;
  into.consumerSequence = consumerSequence;
  into.pending = pending;
  return true;
}

/** The whole number up to the next dot or the end; −1 when there is anything else. */
function numberAt(buffer: Uint8Array, start: number, end: number): number {
  let value = 0;
  let at = start;
  for (; at < end && buffer[at] !== DOT; at++) {
    const digit = buffer[at]! - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return at > start ? value : -1;
}
