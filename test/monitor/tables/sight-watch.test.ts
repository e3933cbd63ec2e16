import { describe, expect, it } from 'vitest';
import { SightWatch } from '../../../src/monitor/tables/sight-watch.js';

/** One that was blind from … to …, and so on. */
function watch(...blind: readonly (readonly [fromNs: number, untilNs: number])[]): SightWatch {
  const made = new SightWatch(0);
  for (const [fromNs, untilNs] of blind) {
    made.onSight(false, fromNs);
    made.onSight(true, untilNs);
  }
  return made;
}

describe('silence', () => {
  it('is the time since the last word, less that in which none could be heard', () => {
    const sight = watch([100, 150], [300, 310]);
    sight.onTime(400);
    expect([0, 100, 120, 150, 200, 305, 310, 390].map((heardNs) => sight.silenceNs(heardNs))).toEqual([
      340, 240, 240, 240, 190, 90, 90, 10,
    ]);
  });

  it('stands still while nothing can be heard', () => {
    const sight = watch([100, 150]);
    sight.onSight(false, 200);
    expect(sight.isSeeing).toBe(false);
    sight.onTime(9000);
    expect(sight.silenceNs(50)).toBe(100);
    expect(sight.silenceNs(180)).toBe(20);
    sight.onSight(true, 10_000);
    sight.onTime(10_001);
    expect(sight.silenceNs(180)).toBe(21);
    expect(sight.silentSinceNs(180)).toBe(10_000);
  });

  it('is right after any number of interruptions for all that were heard before or after the old ones', () => {
    const sight = watch(...Array.from({ length: 5000 }, (_, i) => [i * 10 + 8, i * 10 + 10] as const));
    sight.onTime(50_005);
    expect(sight.silenceNs(0)).toBe(40_005);
    expect(sight.silenceNs(49_900)).toBe(85);
  });
});
