import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NS } from '../../../src/base/nanoseconds.js';
import { timeOfNumber, timeOfText } from '../../../src/monitor/events/event-time.js';

function read(text: string): number {
  const bytes = Buffer.from(`>>${text}99`);
  return timeOfText(bytes, 2, bytes.length - 2);
}

describe('timeOfText', () => {
  it('reads any ISO 8601 time as Date does', () => {
    const date = fc.date({
      min: new Date('0001-01-01T00:00:00Z'),
      max: new Date('9999-12-31T00:00:00Z'),
      noInvalidDate: true,
    });
    const offset = fc.record({ sign: fc.constantFrom('+', '-'), hours: fc.nat(14), minutes: fc.nat(59) });
    fc.assert(
      fc.property(date, offset, fc.boolean(), (when, { sign, hours, minutes }, colon) => {
        const two = (number: number) => String(number).padStart(2, '0');
        const local = when.toISOString().slice(0, -1);
        const strict = `${local}${sign}${two(hours)}:${two(minutes)}`;
        expect(read(when.toISOString()) / NS.ms).toBeCloseTo(when.getTime(), 1);
        const text = colon ? strict : `${local}${sign}${two(hours)}${two(minutes)}`;
        expect(read(text) / NS.ms).toBeCloseTo(Date.parse(strict), 1);
      }),
      { seed: 81 },
    );
  });

  it('takes shorter and longer forms, and digits', () => {
    const noon = Date.UTC(2026, 2, 1, 12) * NS.ms;
    for (const text of [
      ...['2026-03-01T12:00Z', '2026-03-01 12:00:00', '2026-03-01t12:00:00z', '2026-03-01T13:00:00+01'],
      ...['1772366400', '1772366400000', '1772366400000000', '1772366400000000000'],
    ]) {
      expect(read(text), text).toBe(noon);
    }
    expect(read('2026-03-01')).toBe(noon - 12 * NS.h);
    for (const text of ['1772366400.125', '1772366400125.0', '1.772366400125e9'])
      expect(read(text), text).toBe(noon + 125 * NS.ms);
    expect(read('2026-03-01T12:00:00.123456789Z') - noon).toBeCloseTo(123_456_789, -3);
    expect(read('2024-02-29T00:00:00Z')).toBe(Date.UTC(2024, 1, 29) * NS.ms);
  });

  it('takes nothing else', () => {
    for (const text of [
      ...['', 'yesterday', '2026-13-01T00:00:00Z', '2026-00-10', '2026-01-32', '2026-01-01T25:00:00Z'],
      ...['2026-01-01T00:61:00Z', '2026-01-01T00:00:99Z', '2026-01-01X00:00:00Z', '2026-01-01T00:00:00ZZ'],
      ...['2026-01-01T00:00:00+1', '2026-01-01T', '2026-01-01T12', '20260101', '12', '9'.repeat(40)],
    ]) {
      expect(read(text), text).toBeNaN();
    }
  });
});

describe('timeOfNumber', () => {
  it('tells seconds from milli-, micro- and nanoseconds, and times from other numbers', () => {
    const seconds = 1_772_366_400;
    for (const factor of [1, 1e3, 1e6, 1e9]) expect(timeOfNumber(seconds * factor)).toBe(seconds * NS.s);
    for (const other of [0, -1, 42, 1e30, Number.NaN, Number.POSITIVE_INFINITY, -seconds])
      expect(timeOfNumber(other)).toBeNaN();
  });
});
