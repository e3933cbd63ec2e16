import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NS } from '../../src/base/nanoseconds.js';
import { DUPLICATE, FRESH, LATE, REFUSED, USUAL_GAP, WriterLedger } from '../../src/metrics/writer-ledger.js';

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

/** What was missing for a while, as the monitor asks: at the end, and once more. */
function lostAfter(ledger: WriterLedger, sequences: readonly number[], askEvery = 100): number[] {
  return sequences.flatMap((sequence, i) => {
    ledger.track(1, sequence, 1000 + sequence);
    return i % askEvery === askEvery - 1 ? [missingOf(ledger, 1)] : [];
  });
}

/** What is lost of a writer and has not come after all. */
function missingOf(ledger: WriterLedger, writer: number): number {
  const { lost, late } = accountOf(ledger, writer);
  return lost - late;
}

function accountOf(ledger: WriterLedger, writer: number, elapsedNs = 0) {
  let of = { lost: 0, late: 0 };
  ledger.settle(elapsedNs, (each, lost, late) => {
    if (each === writer) of = { lost, late };
  });
  return of;
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
    for (const writer of [65_535, 64, 4000, 0]) {
      expect(ledger.track(writer, 0, 1)).toBe(FRESH);
      expect(ledger.track(writer, 2, 2)).toBe(FRESH);
      expect(ledger.gap).toBe(1);
    }
  });

  it('takes no copy of an event for a new beginning, though what left after it was due before it', () => {
    const ledger = from0();
    // Two batches, numbered as they left: the second had waited for longer.
    ledger.track(1, 0, 5000);
    ledger.track(1, 1, 9000);
    ledger.track(1, 2, 6000);
    expect(ledger.track(1, 1, 9000)).toBe(DUPLICATE);
    expect(ledger.track(1, 3, 7000)).toBe(FRESH);
    expect(ledger.gap).toBe(0);
    expect(ledger.track(1, 0, 9001)).toBe(FRESH);
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
        // Moved by less than the shortest memory, so that no copy is older than the ledger remembers.
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

  it('loses nothing to writers whose events overtake each other by far, and misses nothing for good', () => {
    // Sixty-four kinds of event in turn, each in messages of thirty-two.
    const kinds = 64;
    const perMessage = 32;
    const sequences = Array.from({ length: kinds * 200 }, (_, message) => {
      const kind = message % kinds;
      const round = Math.floor(message / kinds);
      return Array.from({ length: perMessage }, (_, i) => (round * perMessage + i) * kinds + kind);
    }).flat();
    const ledger = from0();
    expect(run(ledger, sequences)).toMatchObject({ missing: 0, duplicates: 0 });
    expect(run(ledger, sequences.slice(-2000)).duplicates).toBe(2000);
    // A message takes longer than the time between two looks, now and then: but never the same ones.
    const counted = lostAfter(from0(), sequences, kinds * perMessage * 2);
    expect(counted).toEqual(counted.map(() => 0));
  });

  it('counts as lost what has been missing since it was asked the last time, and no longer when it comes', () => {
    const ledger = from0();
    run(ledger, [0, 1, 4, 5]);
    expect(missingOf(ledger, 1)).toBe(0);
    run(ledger, [8]);
    expect(missingOf(ledger, 1)).toBe(2);
    run(ledger, [2]);
    expect(missingOf(ledger, 1)).toBe(3);
    run(ledger, [3, 6, 7]);
    expect(missingOf(ledger, 1)).toBe(0);
    expect(missingOf(ledger, 9)).toBe(0);
  });

  it('keeps count of what is lost beyond what it remembers, of gaps however large, and of writers that began anew', () => {
    const many = from0();
    run(many, [0, 2]);
    for (let sequence = 3; sequence < 2_100_000; sequence++) many.track(1, sequence, sequence);
    missingOf(many, 1);
    expect(missingOf(many, 1)).toBe(1);
    expect(many.track(1, 1, 0)).toBe(DUPLICATE);

    const leaps = from0();
    expect(run(leaps, [1, 2 ** 39, 2 ** 39 + 2])).toMatchObject({ missing: 2 ** 39 });
    missingOf(leaps, 1);
    expect(missingOf(leaps, 1)).toBe(2 ** 39);

    const anew = from0();
    run(anew, [0, 3]);
    expect(anew.track(1, 0, 1e9)).toBe(FRESH);
    expect(anew.track(1, 1, 1e9)).toBe(FRESH);
    missingOf(anew, 1);
    expect(missingOf(anew, 1)).toBe(2);
  });

  it('is right wherever its memory grows', () => {
    const drawn = fc.record({
      first: fc.nat(5000),
      early: fc.uniqueArray(fc.nat(900), { minLength: 1, maxLength: 20 }),
      length: fc.integer({ min: 1000, max: 6000 }),
    });
    fc.assert(
      fc.property(drawn, ({ first, early, length }) => {
        const ledger = new WriterLedger([]);
        const held = new Set(early.map((i) => first + 1 + i));
        const all = Array.from({ length }, (_, i) => first + i);
        const missing = all.filter((sequence) => held.has(sequence));
        expect(
          run(
            ledger,
            all.filter((sequence) => !held.has(sequence)),
          ),
        ).toMatchObject({
          missing: missing.length,
          duplicates: 0,
        });
        missingOf(ledger, 1);
        expect(missingOf(ledger, 1)).toBe(missing.length);
        expect(run(ledger, missing)).toMatchObject({ late: missing.length });
        expect(run(ledger, missing)).toMatchObject({ duplicates: missing.length });
        expect(run(ledger, all.slice(-1000)).duplicates).toBe(Math.min(1000, length));
        expect(missingOf(ledger, 1)).toBe(0);
      }),
      { seed: 12, numRuns: 60 },
    );
  });

  it('counts what is lost each time, and what of it comes late apart, so that neither hides the other', () => {
    const ledger = from0();
    run(ledger, [0, 101]);
    accountOf(ledger, 1);
    expect(accountOf(ledger, 1)).toEqual({ lost: 100, late: 0 });
    run(
      ledger,
      Array.from({ length: 100 }, (_, i) => 1 + i),
    );
    expect(accountOf(ledger, 1)).toEqual({ lost: 100, late: 100 });
    run(ledger, [202]);
    accountOf(ledger, 1);
    expect(accountOf(ledger, 1)).toEqual({ lost: 200, late: 100 });
  });

  it('never lets what is lost fall, and is exact at any time: what was received and what is lost less what came late', () => {
    const step = fc.record({ skip: fc.nat(2500), back: fc.nat(3000), settles: fc.nat(2) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.boolean(), (steps, isStranger) => {
        const ledger = new WriterLedger(isStranger ? [] : [1]);
        let [next, received, lostBefore] = [0, 0, 0];
        for (const { skip, back, settles } of [{ skip: 0, back: 0, settles: 0 }, ...steps]) {
          next += skip;
          expect(ledger.track(1, next, next)).toBe(FRESH);
          next++;
          received++;
          if (back < next && ledger.track(1, next - 1 - back, 0) === LATE) received++;
          for (let i = 0; i < settles; i++) {
            const { lost, late } = accountOf(ledger, 1);
            expect(lost).toBeGreaterThanOrEqual(lostBefore);
            expect(received + lost - late).toBeLessThanOrEqual(next);
            lostBefore = lost;
          }
        }
        accountOf(ledger, 1);
        const { lost, late } = accountOf(ledger, 1);
        expect(received + lost - late).toBe(next);
      }),
      { seed: 13, numRuns: 100 },
    );
  });

  it('refuses a number that a writer cannot have come to, unless others follow it', () => {
    const ledger = new WriterLedger([1], USUAL_GAP);
    run(ledger, [0, 1, 2]);
    expect(ledger.track(1, 2 ** 39, 9e12)).toBe(REFUSED);
    expect(run(ledger, [3, 4])).toEqual({ missing: 0, fresh: 2, late: 0, duplicates: 0 });
    expect(accountOf(ledger, 1)).toEqual({ lost: 0, late: 0 });
    // It was not heard for half a day.
    accountOf(ledger, 1);
    accountOf(ledger, 1, 12 * NS.h);
    expect(ledger.track(1, 2 ** 38, 9e12)).toBe(FRESH);
    expect(ledger.track(1, 2 ** 39, 9e12)).toBe(REFUSED);
    expect(ledger.track(1, 2 ** 39 + 1, 9e12)).toBe(FRESH);
  });

  it('remembers little of strangers all together, and keeps their account nevertheless', () => {
    const ledger = new WriterLedger([1]);
    const before = process.memoryUsage().arrayBuffers;
    for (let writer = 2; writer < 4000; writer++) {
      ledger.track(writer, 0, 1);
      expect(ledger.track(writer, 1_000_000, 2)).toBe(FRESH);
      expect(ledger.gap).toBe(999_999);
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(24 * 2 ** 20);
    accountOf(ledger, 2);
    for (const writer of [2, 3999]) expect(accountOf(ledger, writer)).toEqual({ lost: 999_999, late: 0 });
    // That of the run's own is not theirs to use up.
    run(ledger, [0, 1_000_000]);
    expect(ledger.track(1, 7, 0)).toBe(LATE);
  });
});
