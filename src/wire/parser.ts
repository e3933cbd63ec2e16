import { readPlainMessage } from './plain-message.js';
import { WireProtocolError } from './protocol-error.js';

/**
 * Where the parts of a message stand in `buffer`. There is one view a parser, reused for every message, and the
 * bytes under it live only as long as the call that hands it out.
 */
export interface MessageView {
  buffer: Uint8Array;
  /** The memory under `buffer`, to read several bytes at a time: `buffer[i]` is byte `dataStart + i` of it. */
  data: DataView;
  dataStart: number;
  subjectStart: number;
  subjectEnd: number;
  /** Made of the subject's bytes, for tables that compare these as well; 0 for a line that is not plain, see plain-message.ts. */
  subjectHash: number;
  sid: number;
  /** Equal to `replyEnd` when the message asks for no reply. */
  replyStart: number;
  replyEnd: number;
  /** The header block, `NATS/1.0…` to its empty line; equal to `payloadStart`, where it ends, when there is none. */
  headerStart: number;
  payloadStart: number;
  payloadEnd: number;
}

/** What a server says. Called in the order in which it was said. */
export interface WireSink {
  message(view: MessageView): void;
  /** The JSON text of an INFO. */
  info(json: string): void;
  ping(): void;
  pong(): void;
  ok(): void;
  /** The text of an -ERR, without its quotes. */
  error(text: string): void;
}

/** A MSG or HMSG line longer than this is malformed; the server's own limit for what it takes in is 4,096. */
const MAX_CONTROL_LINE = 64 * 1024;
/** INFO names every server of a cluster. */
const MAX_INFO_LINE = 1024 * 1024;
/** nats-server refuses to be configured with more than 64 MiB a message. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

const LF = 10;
const CR = 13;
const SPACE = 32;
const TAB = 9;
const FIRST_CARRY_BYTES = 4096;

/**
 * An incremental parser of what a NATS server sends. Whole messages are handed out where they lie in the chunk;
 * only what a chunk cuts in two is copied, once.
 */
export class WireParser {
  readonly #sink: WireSink;
  readonly #view: MessageView;
  /** The beginning of an element whose end has not come yet. */
  #carry = new Uint8Array(FIRST_CARRY_BYTES);
  #carried = 0;
  /** Length of the element that is cut, when its control line was complete; else 0. */
  #needed = 0;
  /** Starts and ends of the words of a control line. */
  readonly #words = new Int32Array(10);
  #failure: WireProtocolError | undefined;

  constructor(sink: WireSink) {
    this.#sink = sink;
    this.#view = {
      buffer: this.#carry,
      data: new DataView(this.#carry.buffer),
      dataStart: 0,
      subjectStart: 0,
      subjectEnd: 0,
      subjectHash: 0,
      sid: 0,
      replyStart: 0,
      replyEnd: 0,
      headerStart: 0,
      payloadStart: 0,
      payloadEnd: 0,
    };
  }

  /** Takes the next bytes; throws a WireProtocolError for bytes that no server sends, and from then on always. */
  push(chunk: Uint8Array): void {
    if (this.#failure) throw this.#failure;
    let at = 0;
    try {
      if (this.#carried > 0) at = this.#completeCarried(chunk);
      if (this.#carried === 0 && at < chunk.length) {
        const consumed = this.#parse(chunk, at, chunk.length);
        if (consumed < chunk.length) this.#append(chunk, consumed, chunk.length);
      }
    } catch (thrown) {
      if (thrown instanceof WireProtocolError) this.#failure = thrown;
      throw thrown;
    }
  }

  /** Forgets everything, for the bytes of a new connection. */
  reset(): void {
    this.#carried = 0;
    this.#needed = 0;
    this.#failure = undefined;
  }

  /** Adds just as much of the chunk as the cut element needs; returns where in the chunk to go on. */
  #completeCarried(chunk: Uint8Array): number {
    let at = 0;
    while (this.#carried > 0 && at < chunk.length) {
      let end: number;
      if (this.#needed > 0) {
        end = Math.min(chunk.length, at + this.#needed - this.#carried);
      } else {
        const lineEnd = chunk.indexOf(LF, at);
        end = lineEnd < 0 ? chunk.length : lineEnd + 1;
      }
      this.#append(chunk, at, end);
      at = end;
      if (this.#carried < this.#needed) return at;
      const length = this.#carried;
      if (this.#parse(this.#carry, 0, length) === length) {
        this.#carried = 0;
        this.#needed = 0;
      }
    }
    return at;
  }

  #append(from: Uint8Array, start: number, end: number): void {
    const length = this.#carried + end - start;
    const room = Math.max(length, this.#needed);
    if (room > this.#carry.length) {
      const larger = new Uint8Array(Math.max(room, 2 * this.#carry.length));
      larger.set(this.#carry.subarray(0, this.#carried));
      this.#carry = larger;
    }
    this.#carry.set(from.subarray(start, end), this.#carried);
    this.#carried = length;
  }

  /** Hands out all whole elements in [start, end); returns where the first that is not whole begins. */
  #parse(buffer: Uint8Array, start: number, end: number): number {
    let at = start;
    this.#needed = 0;
    this.#look(buffer);
    while (at < end) {
      let next = readPlainMessage(this.#view, at, end);
      if (next > 0) {
        this.#sink.message(this.#view);
        at = next;
        continue;
      }
      switch (buffer[at]! | 0x20) {
        case 0x6d: // m
          next = this.#parseMessage(buffer, at, end, false);
          break;
        case 0x68: // h
          next = this.#parseMessage(buffer, at, end, true);
          break;
        default:
          next = this.#parseLine(buffer, at, end);
      }
      if (next < 0) return at;
      at = next;
    }
    return at;
  }

  #look(buffer: Uint8Array): void {
    const view = this.#view;
    view.buffer = buffer;
    if (view.data.buffer !== buffer.buffer) view.data = new DataView(buffer.buffer);
    view.dataStart = buffer.byteOffset;
  }

  /** `MSG <subject> <sid> [reply] <bytes>` or `HMSG <subject> <sid> [reply] <header bytes> <all bytes>`. */
  #parseMessage(buffer: Uint8Array, start: number, end: number, headed: boolean): number {
    const words = this.#words;
    const wordsAt = start + (headed ? 4 : 3);
    let at = wordsAt;
    let filled = 0;
    let endsByCr = false;
    for (; at < end; at++) {
      const byte = buffer[at]!;
      if (byte > SPACE || !isGap(byte)) {
        if (endsByCr || filled === words.length) {
          throw malformed('a message line with the wrong words', buffer, start, end);
        }
        words[filled] = at;
        do at++;
        while (at < end && (buffer[at]! > SPACE || !isGap(buffer[at]!)));
        words[filled + 1] = at;
        filled += 2;
        if (at === end) break;
      }
      const gap = buffer[at]!;
      if (gap === LF) break;
      if (endsByCr) throw malformed('a message line that ends in the middle', buffer, start, end);
      endsByCr = gap === CR;
    }
    if (at >= end) {
      if (end - start > MAX_CONTROL_LINE)
        throw malformed('a message line without an end', buffer, start, end);
      return -1;
    }
    if (!isOperation(buffer, start, headed) || !endsByCr || words[0] === wordsAt)
      throw malformed('not a protocol line', buffer, start, at + 1);
    const count = filled >> 1;
    const expected = headed ? 4 : 3;
    if (count !== expected && count !== expected + 1)
      throw malformed('a message line with the wrong number of words', buffer, start, at + 1);

    const last = filled - 2;
    const total = parseNumber(buffer, words[last]!, words[last + 1]!);
    const headerBytes = headed ? parseNumber(buffer, words[last - 2]!, words[last - 1]!) : 0;
    const sid = parseNumber(buffer, words[2]!, words[3]!);
    if (total < 0 || headerBytes < 0 || sid < 0 || headerBytes > total || total > MAX_MESSAGE_BYTES)
      throw malformed('a message line with a wrong number', buffer, start, at + 1);

    const bodyStart = at + 1;
    const bodyEnd = bodyStart + total;
    if (bodyEnd + 2 > end) {
      this.#needed = bodyEnd + 2 - start;
      return -1;
    }
    if (buffer[bodyEnd] !== CR || buffer[bodyEnd + 1] !== LF)
      throw malformed('a payload that does not end where its line says', buffer, start, bodyEnd + 2);

    const view = this.#view;
    view.subjectStart = words[0]!;
    view.subjectEnd = words[1]!;
    view.subjectHash = 0;
    view.sid = sid;
    if (count > expected) {
      view.replyStart = words[4]!;
      view.replyEnd = words[5]!;
    } else {
      view.replyStart = 0;
      view.replyEnd = 0;
    }
    view.headerStart = bodyStart;
    view.payloadStart = bodyStart + headerBytes;
    view.payloadEnd = bodyEnd;
    this.#sink.message(view);
    return bodyEnd + 2;
  }

  /** INFO, PING, PONG, +OK and -ERR: all that is one line. */
  #parseLine(buffer: Uint8Array, start: number, end: number): number {
    const first = buffer[start]! | 0x20;
    const isInfo = first === 0x69;
    // `+` and `-` have the bit that folds letters already.
    if (!isInfo && first !== 0x70 && first !== 0x2b && first !== 0x2d)
      throw malformed('not a protocol line', buffer, start, end);
    const lineEnd = buffer.indexOf(LF, start);
    if (lineEnd < 0 || lineEnd >= end) {
      if (end - start > (isInfo ? MAX_INFO_LINE : MAX_CONTROL_LINE))
        throw malformed('a line without an end', buffer, start, end);
      return -1;
    }
    const next = lineEnd + 1;
    if (buffer[lineEnd - 1] !== CR) throw malformed('a line that ends without CR', buffer, start, next);
    const line = Buffer.from(buffer.buffer, buffer.byteOffset + start, lineEnd - 1 - start).toString('utf8');
    const word = /^[^\s]*/.exec(line)?.[0].toUpperCase();
    const rest = line.slice(word?.length ?? 0).trim();
    if (word === 'PING' && rest === '') this.#sink.ping();
    else if (word === 'PONG' && rest === '') this.#sink.pong();
    else if (word === '+OK' && rest === '') this.#sink.ok();
    else if (word === '-ERR') this.#sink.error(rest.replace(/^'(.*)'$/, '$1'));
    else if (word === 'INFO' && rest.startsWith('{')) this.#sink.info(rest);
    else throw malformed('not a protocol line', buffer, start, next);
    return next;
  }
}

function malformed(what: string, buffer: Uint8Array, start: number, end: number): WireProtocolError {
  return new WireProtocolError(what, buffer, start, end);
}

/** Whatever else there is stands in a subject as it is: servers take any byte of it. */
const isGap = (byte: number): boolean => byte === SPACE || byte === CR || byte === LF || byte === TAB;

function isOperation(buffer: Uint8Array, start: number, headed: boolean): boolean {
  const at = headed ? start + 1 : start;
  return (
    (buffer[at]! | 0x20) === 0x6d && (buffer[at + 1]! | 0x20) === 0x73 && (buffer[at + 2]! | 0x20) === 0x67
  );
}

/** A whole number of at most twelve digits; −1 for anything else. */
function parseNumber(buffer: Uint8Array, start: number, end: number): number {
  if (end - start > 12) return -1;
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = buffer[at]! - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}
