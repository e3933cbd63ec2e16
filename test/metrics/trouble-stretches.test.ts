import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NS } from '../../src/base/clock.js';
import type { Trouble } from '../../src/contracts/load.js';
import { mergeTroubles, QUIET_NS, TroubleStretches } from '../../src/metrics/trouble-stretches.js';

/** The obvious way: sort all due times, and cut where ten seconds lie between two. */
function stretchesOf(
  dueTimes: readonly number[],
): Pick<Trouble, 'firstDueNs' | 'lastDueNs' | 'operations'>[] {
  const stretches: { firstDueNs: number; lastDueNs: number; operations: number }[] = [];
  for (const dueNs of dueTimes.toSorted((a, b) => a - b)) {
    const last = stretches.at(-1);
    if (last && dueNs - last.lastDueNs < QUIET_NS) {
      last.lastDueNs = dueNs;
      last.operations++;
    } else stretches.push({ firstDueNs: dueNs, lastDueNs: dueNs, operations: 1 });
  }
  return stretches;
}

const dueTimes = fc.array(
  fc.nat(200).map((seconds) => seconds * NS.s),
  { maxLength: 40 },
);
const shape = ({ firstDueNs, lastDueNs, operations }: Trouble) => ({ firstDueNs, lastDueNs, operations });

describe('stretches of trouble', () => {
  it('are the same in whatever order the operations come to their end', () => {
    fc.assert(
      fc.property(dueTimes, (times) => {
        const stretches = new TroubleStretches();
        for (const dueNs of times) stretches.add(dueNs, dueNs + NS.s, `due ${dueNs}`);
        const all = stretches.takeGrown();
        expect(all.map(shape)).toEqual(stretchesOf(times));
        for (const { firstDueNs, noticedNs, reason } of all) {
          expect(noticedNs).toBe(firstDueNs + NS.s);
          expect(reason).toBe(`due ${firstDueNs}`);
        }
      }),
      { seed: 5, numRuns: 1000 },
    );
  });

  it('are merged from several workers as if one had seen them all', () => {
    fc.assert(
      fc.property(fc.array(dueTimes, { minLength: 1, maxLength: 4 }), (workers) => {
        const seen = workers.flatMap((times) => {
          const stretches = new TroubleStretches();
          for (const dueNs of times) stretches.add(dueNs, dueNs, 'timeout');
          return stretches.takeGrown();
        });
        expect(mergeTroubles(seen).map(shape)).toEqual(stretchesOf(workers.flat()));
      }),
      { seed: 6, numRuns: 500 },
    );
  });

  it('are told again only when they have grown', () => {
    const stretches = new TroubleStretches();
    stretches.add(100 * NS.s, 101 * NS.s, 'timeout');
    stretches.add(150 * NS.s, 151 * NS.s, 'timeout');
    expect(stretches.takeGrown()).toHaveLength(2);
    expect(stretches.takeGrown()).toEqual([]);
    stretches.add(102 * NS.s, 103 * NS.s, 'timeout');
    expect(stretches.takeGrown().map(shape)).toEqual([
      { firstDueNs: 100 * NS.s, lastDueNs: 102 * NS.s, operations: 2 },
    ]);
  });
});
