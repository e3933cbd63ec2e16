import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyStamp, readStamp, STAMP_BYTES, writeStamp } from '../../src/wire/stamp.js';

const stampArb = fc.record({
  writer: fc.nat(0xffff),
  sequence: fc.nat(2 ** 40 - 1),
  dueUs: fc.nat(2 ** 48 - 1),
});

describe('a stamp', () => {
  it('reads back what was written, wherever it stands', () => {
    fc.assert(
      fc.property(stampArb, fc.nat(100), ({ writer, sequence, dueUs }, at) => {
        const bytes = new Uint8Array(at + STAMP_BYTES);
        writeStamp(bytes, at, writer, sequence, dueUs);
        const stamp = emptyStamp();
        expect(readStamp(bytes, at, STAMP_BYTES, stamp)).toBe(true);
        expect(stamp).toEqual({ writer, sequence, dueNs: dueUs * 1000 });
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it('holds the largest values of each field', () => {
    const bytes = new Uint8Array(STAMP_BYTES);
    const stamp = emptyStamp();
    writeStamp(bytes, 0, 0xffff, 2 ** 40 - 1, 2 ** 48 - 1);
    expect(readStamp(bytes, 0, STAMP_BYTES, stamp)).toBe(true);
    expect(stamp).toEqual({ writer: 0xffff, sequence: 2 ** 40 - 1, dueNs: (2 ** 48 - 1) * 1000 });
  });

  it('is not found in random bytes, text, or a payload that is too short', () => {
    const stamp = emptyStamp();
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 0, maxLength: 64 }), (bytes) => {
        expect(readStamp(bytes, 0, bytes.length, stamp)).toBe(false);
      }),
      { seed: 2, numRuns: 2000 },
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 16 }), (text) => {
        const bytes = Buffer.from(text);
        expect(readStamp(bytes, 0, bytes.length, stamp)).toBe(false);
      }),
      { seed: 3 },
    );
    expect(stamp).toEqual(emptyStamp());
  });

  it('is refused when any one of its bytes was changed', () => {
    let passed = 0;
    let tried = 0;
    fc.assert(
      fc.property(
        stampArb,
        fc.nat(STAMP_BYTES - 1),
        fc.integer({ min: 1, max: 255 }),
        ({ writer, sequence, dueUs }, at, flip) => {
          const bytes = new Uint8Array(STAMP_BYTES);
          writeStamp(bytes, 0, writer, sequence, dueUs);
          bytes[at] = bytes[at]! ^ flip;
          tried++;
          if (readStamp(bytes, 0, STAMP_BYTES, emptyStamp())) passed++;
        },
      ),
      { seed: 4, numRuns: 20_000 },
    );
    // One check byte lets one change in 256 pass; magic, version and the check byte itself let none.
    expect(passed / tried).toBeLessThan(1 / 180);
  });
});
