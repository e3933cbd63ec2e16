import { NS } from '../../base/clock.js';
import { endOfJsonNumber, valueOfJsonNumber } from './json-tokens.js';

const DASH = 0x2d;
const PLUS = 0x2b;
const COLON = 0x3a;
const ZERO = 0x30;

/** Earlier times (1973), in whichever unit, are other numbers. */
const FIRST_SECONDS = 1e8;

/** Unix time in nanoseconds of a number of seconds, milli-, micro- or nanoseconds, told by its magnitude; NaN for others. */
export function timeOfNumber(value: number): number {
  if (!(value >= FIRST_SECONDS)) return Number.NaN;
  if (value < 1e11) return value * NS.s;
  if (value < 1e14) return value * NS.ms;
  if (value < 1e17) return value * NS.us;
  return value < 1e20 ? value : Number.NaN;
}

/**
 * Unix time in nanoseconds of the text in [start, end): ISO 8601 with a date, a time and an offset (without one it is UTC),
 * or a number; NaN for anything else. Flat.
 */
export function timeOfText(buffer: Uint8Array, start: number, end: number): number {
  if (end - start < 10) return Number.NaN;
  if (buffer[start + 4] !== DASH) return timeOfNumber(numberOf(buffer, start, end));
  const year = digits(buffer, start, start + 4);
  const month = digits(buffer, start + 5, start + 7);
  const day = digits(buffer, start + 8, start + 10);
  if (buffer[start + 7] !== DASH || !(month >= 1 && month <= 12 && day >= 1 && day <= 31)) return Number.NaN;
  let seconds = daysSinceEpoch(year, month, day) * 86_400;
  let at = start + 10;
  if (at === end) return seconds * NS.s;
  const between = buffer[at]!;
  if (between !== 0x54 && between !== 0x74 && between !== 0x20) return Number.NaN;
  const hour = digits(buffer, at + 1, at + 3);
  const minute = digits(buffer, at + 4, at + 6);
  if (end < at + 6 || buffer[at + 3] !== COLON || !(hour <= 24 && minute <= 59)) return Number.NaN;
  seconds += hour * 3600 + minute * 60;
  at += 6;
  let fractionNs = 0;
  if (at + 3 <= end && buffer[at] === COLON) {
    const second = digits(buffer, at + 1, at + 3);
    if (!(second <= 60)) return Number.NaN;
    seconds += second;
    at += 3;
    if (at < end && (buffer[at] === 0x2e || buffer[at] === 0x2c)) {
      let weight = NS.s;
      for (at++; at < end && isDigit(buffer[at]!); at++) {
        weight /= 10;
        fractionNs += (buffer[at]! - ZERO) * weight;
      }
    }
  }
  const offset = offsetSeconds(buffer, at, end);
  return (seconds - offset) * NS.s + fractionNs;
}

/** `Z`, `+01:00`, `-0130`, `+01`, or nothing. */
function offsetSeconds(buffer: Uint8Array, at: number, end: number): number {
  if (at === end) return 0;
  const sign = buffer[at]!;
  if ((sign | 0x20) === 0x7a) return at + 1 === end ? 0 : Number.NaN;
  if (sign !== PLUS && sign !== DASH) return Number.NaN;
  const hours = digits(buffer, at + 1, at + 3);
  let minutes = 0;
  if (end - at === 6 && buffer[at + 3] === COLON) minutes = digits(buffer, at + 4, end);
  else if (end - at === 5) minutes = digits(buffer, at + 3, end);
  else if (end - at !== 3) return Number.NaN;
  const seconds = hours * 3600 + minutes * 60;
  return sign === DASH ? -seconds : seconds;
}

function numberOf(buffer: Uint8Array, start: number, end: number): number {
  const whole = digits(buffer, start, end);
  if (!Number.isNaN(whole)) return whole;
  return endOfJsonNumber(buffer, start, end) === end ? valueOfJsonNumber(buffer, start, end) : Number.NaN;
}

const isDigit = (byte: number): boolean => byte >= ZERO && byte <= ZERO + 9;

function digits(buffer: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) {
    if (!isDigit(buffer[at]!)) return Number.NaN;
    value = value * 10 + buffer[at]! - ZERO;
  }
  return value;
}

/** Of the Gregorian calendar, without a table: the year is taken to begin in March. */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}
