import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DUPLICATE, FRESH, LATE, WriterLedger } from '../../src/metrics/writer-ledger.js';

/** Events of writer 1, due in the order of their sequence. */
function run(ledger: WriterLedger, sequences: readonly number[]) {
  let missing = 0;
  const seen = [0, 0, 0];
  for (const sequence of sequences) {
    const what = ledger.track(1, sequence, 1000 + sequence);
    seen[what]!++;
    missing += what === FRESH ? ledger.gap : what === LATE ? -1 : 0;
  }
  return { missing, fresh: seen[FRESH], late: seen[LATE], duplicates: seen[DUPLICATE] };
}

const from0 = () => new WriterLedger([1]);

describe('WriterLedger', () => {
  it('misses nothing of a sequence without holes', () => {
    expect(run(from0(), [0, 1, 2, 3])).toEqual({ missing: 0, fresh: 4, late: 0, duplicates: 0 });
  });

  it('misses what was skipped, from the first event of a writer it was told of', () => {
    expect(run(from0(), [2, 3, 7])).toMatchObject({ missing: 5, fresh: 3 });
  });

  it('follows a writer that it was not told of from where it meets it', () => {
    expect(run(new WriterLedger([]), [5000, 5001, 5003])).toMatchObject({ missing: 1, fresh: 3 });
  });

  it('takes back what comes late, and counts what comes twice', () => {
    expect(run(from0(), [0, 3, 1, 1, 2, 3])).toEqual({ missing: 0, fresh: 2, late: 2, duplicates: 2 });
  });

  it('keeps sequences beyond 32 bits', () => {
    const high = 2 ** 39;
    expect(run(new WriterLedger([]), [high, high + 1, high + 3, high + 2])).toMatchObject({
      missing: 0,
      late: 1,
    });
  });

  it('follows any writer that a stamp can name', () => {
    const ledger = new WriterLedger([65_535]);
    for (const writer of [65_535, 64, 4000]) {
      expect(ledger.track(writer, 0, 1)).toBe(FRESH);
      expect(ledger.track(writer, 2, 2)).toBe(FRESH);
      expect(ledger.gap).toBe(1);
    }
  });

  it('knows a writer that began anew from a duplicate by when the event was due', () => {
    const ledger = from0();
    run(ledger, [0, 1, 2, 3, 4]);
    expect(ledger.track(1, 0, 9999)).toBe(FRESH);
    expect(ledger.gap).toBe(0);
    expect(ledger.track(1, 1, 10_000)).toBe(FRESH);
    expect(ledger.track(1, 1, 10_000)).toBe(DUPLICATE);
  });

  it('ends with exactly the events missing that never came, in whatever order the others did', () => {
    const length = 3000;
    const drawn = fc.record({
      lost: fc.uniqueArray(fc.nat(length - 2), { maxLength: 200 }),
      swaps: fc.array(fc.tuple(fc.nat(length - 1), fc.nat(500)), { maxLength: 50 }),
      repeats: fc.array(fc.nat(length - 1), { maxLength: 50 }),
    });
    fc.assert(
      fc.property(drawn, ({ lost, swaps, repeats }) => {
        const gone = new Set(lost);
        const order = Array.from({ length }, (_, i) => i).filter((i) => !gone.has(i));
        // Moves within half of the window, so that no event is later than the ledger remembers.
        for (const [at, by] of swaps) {
          const moved = order.splice(Math.min(at, order.length - 1), 1);
          order.splice(Math.min(at + by, order.length), 0, ...moved);
        }
        for (const at of repeats) {
          const position = Math.min(at, order.length - 1);
          order.splice(position + 1, 0, order[position]!);
        }
        const came = new Set(order);
        const { missing, fresh, late, duplicates } = run(from0(), order);
        const highest = Math.max(...order);
        expect(missing).toBe(highest + 1 - came.size);
        expect(fresh! + late!).toBe(came.size);
        expect(duplicates).toBe(order.length - came.size);
      }),
      { seed: 11, numRuns: 60 },
    );
  });
});
