import type { MessageView } from './parser.js';

/** The longest that follows the subject of a message that asks for no reply: three numbers, their gaps, the line's end. */
const LONGEST_REST = 32;
const MOST_DIGITS = 9;
const MSG_SPACE = 0x2047534d;
const HMSG = 0x47534d48;
const HASH_PRIME = 0x9e3779b1;
const SPACE = 32;
const CR = 13;
const LF = 10;

/** Where the number that `readNumber` read last ends. */
let numberEnd = 0;

/**
 * Reads the message that begins at `start`, if it is whole and its line is spelt as servers spell it: capitals, single
 * spaces. Fills the view, whose buffer and data are set, and returns where the message ends. Returns 0 for anything
 * else, which is for the parser to judge. The hottest path of a receiver: subjects are read four bytes at a time.
 */
export function readPlainMessage(view: MessageView, start: number, end: number): number {
  const { buffer, data, dataStart } = view;
  const last = end - LONGEST_REST;
  if (start > last) return 0;
  const operation = data.getInt32(dataStart + start, true);
  const headed = operation !== MSG_SPACE;
  if (headed && (operation !== HMSG || buffer[start + 4] !== SPACE)) return 0;

  const subjectStart = start + (headed ? 5 : 4);
  let at = subjectStart;
  let four = data.getInt32(dataStart + at, true);
  let ends = endsIn(four);
  let hash = 0;
  while (ends === 0) {
    hash = Math.imul(hash ^ four, HASH_PRIME);
    at += 4;
    if (at > last) return 0;
    four = data.getInt32(dataStart + at, true);
    ends = endsIn(four);
  }
  const bitsBefore = firstBit(ends) & 24;
  hash = Math.imul(hash ^ (four & ((1 << bitsBefore) - 1)), HASH_PRIME);
  const subjectEnd = at + (bitsBefore >>> 3);
  if (subjectEnd === subjectStart || buffer[subjectEnd] !== SPACE) return 0;

  const sid = readNumber(buffer, subjectEnd + 1);
  at = numberEnd;
  if (sid < 0 || buffer[at] !== SPACE) return 0;
  let replyStart = 0;
  let replyEnd = 0;
  let total = readNumber(buffer, at + 1);
  if (total < 0 || buffer[numberEnd] !== (headed ? SPACE : CR)) {
    // Something else than the size follows the sid: where to reply.
    replyStart = at + 1;
    replyEnd = endOfWord(data, dataStart, replyStart, last);
    if (replyEnd === replyStart || buffer[replyEnd] !== SPACE) return 0;
    total = readNumber(buffer, replyEnd + 1);
  }
  let headerBytes = 0;
  if (headed) {
    headerBytes = total;
    if (buffer[numberEnd] !== SPACE) return 0;
    total = readNumber(buffer, numberEnd + 1);
  }
  at = numberEnd;
  if (headerBytes < 0 || headerBytes > total || buffer[at] !== CR || buffer[at + 1] !== LF) return 0;

  const bodyStart = at + 2;
  const bodyEnd = bodyStart + total;
  if (bodyEnd + 2 > end || buffer[bodyEnd] !== CR || buffer[bodyEnd + 1] !== LF) return 0;
  view.subjectStart = subjectStart;
  view.subjectEnd = subjectEnd;
  view.subjectHash = hash;
  view.sid = sid;
  view.replyStart = replyStart;
  view.replyEnd = replyEnd;
  view.headerStart = bodyStart;
  view.payloadStart = bodyStart + headerBytes;
  view.payloadEnd = bodyEnd;
  return bodyEnd + 2;
}

/**
 * The high bit of the first byte, in memory, of four that cannot stand in a word: a space or what lies below it; 0 when
 * all four can. Bits of later bytes may be set without a reason.
 */
function endsIn(four: number): number {
  return (four - 0x21212121) & ~four & 0x80808080;
}

/** The number of zeros below the lowest bit that is set. */
function firstBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}

/** The end of the word that begins at `at`, if it ends before `last`; else some place behind that. */
function endOfWord(data: DataView, dataStart: number, at: number, last: number): number {
  for (; at <= last; at += 4) {
    const ends = endsIn(data.getInt32(dataStart + at, true));
    if (ends !== 0) return at + (firstBit(ends) >>> 3);
  }
  return at;
}

/** A whole number of one to nine digits at `at`; −1 for anything else. */
function readNumber(buffer: Uint8Array, at: number): number {
  const start = at;
  let value = 0;
  for (; at < start + MOST_DIGITS; at++) {
    const digit = buffer[at]! - 48;
    if (!(digit >= 0 && digit <= 9)) break;
    value = value * 10 + digit;
  }
  numberEnd = at;
  return at === start ? -1 : value;
}
