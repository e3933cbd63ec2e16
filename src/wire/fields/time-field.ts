import type { TimeUnit } from '../../base/template.js';
import type { FrameField } from '../frame-text.js';
import { writeDigits } from './write-digits.js';

const MS_PER_DAY = 86_400_000;
const T = 84;
const COLON = 58;
const DOT = 46;
const Z = 90;

/** Digits of the time since 1970, until the year 2286. */
const DIGITS: Readonly<Record<Exclude<TimeUnit, 'iso'>, number>> = { s: 10, ms: 13, us: 16, ns: 19 };

/**
 * When the event is due, by the wall clock: as ISO 8601 in UTC with milliseconds, or as a number since 1970.
 * `wallOffsetMs` is what the wall clock shows when the monotonic one is at 0.
 */
export function timeField(unit: TimeUnit, wallOffsetMs: number): FrameField {
  if (unit === 'iso') return isoField(wallOffsetMs);
  const width = DIGITS[unit];
  return {
    width,
    write(bytes, at, _writer, _sequence, dueNs) {
      const ms = Math.floor(wallOffsetMs + dueNs / 1e6);
      if (unit === 's') writeDigits(bytes, at, width, Math.floor(ms / 1000));
      else {
        writeDigits(bytes, at, DIGITS.ms, ms);
        // Apart: nanoseconds since 1970 are more than a double holds.
        if (unit === 'us') writeDigits(bytes, at + DIGITS.ms, 3, Math.floor((dueNs % 1e6) / 1e3));
        else if (unit === 'ns') writeDigits(bytes, at + DIGITS.ms, 6, Math.floor(dueNs % 1e6));
      }
    },
  };
}

function isoField(wallOffsetMs: number): FrameField {
  /** `2026-01-02` of the day that was written last: a new one is made once a day. */
  const date = Buffer.alloc(10);
  let dateOf = Number.NaN;
  return {
    width: 24,
    write(bytes, at, _writer, _sequence, dueNs) {
      const ms = Math.floor(wallOffsetMs + dueNs / 1e6);
      const day = Math.floor(ms / MS_PER_DAY);
      if (day !== dateOf) {
        date.write(new Date(ms).toISOString());
        dateOf = day;
      }
      for (let i = 0; i < 10; i++) bytes[at + i] = date[i]!;
      const inDay = ms - day * MS_PER_DAY;
      const seconds = Math.floor(inDay / 1000);
      const minutes = Math.floor(seconds / 60);
      const hours = Math.floor(minutes / 60);
      bytes[at + 10] = T;
      writeDigits(bytes, at + 11, 2, hours);
      bytes[at + 13] = COLON;
      writeDigits(bytes, at + 14, 2, minutes - hours * 60);
      bytes[at + 16] = COLON;
      writeDigits(bytes, at + 17, 2, seconds - minutes * 60);
      bytes[at + 19] = DOT;
      writeDigits(bytes, at + 20, 3, inDay - seconds * 1000);
      bytes[at + 23] = Z;
    },
  };
}
