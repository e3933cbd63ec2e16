import { describe, expect, it } from 'vitest';
import { NS } from '../../src/base/clock.js';
import type { Trouble } from '../../src/contracts/load.js';
import type { LoadTroubles } from '../../src/metrics/load-totals.js';
import { recoveryPerFault as recoveries } from '../../src/metrics/recovery.js';

const s = NS.s;

const trouble = (fromSec: number, toSec: number, operations = 100, reason = 'timeout'): Trouble => ({
  firstDueNs: fromSec * s,
  lastDueNs: toSec * s,
  operations,
  noticedNs: fromSec * s,
  reason,
});

const load = (endSec: number, ...troubles: Trouble[]): LoadTroubles => ({
  load: 'orders',
  endNs: endSec * s,
  troubles,
});
const seconds = (...injected: number[]) => injected.map((at) => at * s);

/** Without their steps, which are looked at on their own. */
const recoveryPerFault = (...args: Parameters<typeof recoveries>) =>
  recoveries(...args).map(({ steps: _, ...recovery }) => recovery);

describe('recovery', () => {
  it('runs from the first troubled operation after the fault to the last before ten quiet seconds', () => {
    expect(recoveryPerFault([load(70, trouble(21, 27, 1200, 'no responders'))], seconds(20))).toEqual([
      { ns: 6 * s, troubledOperations: 1200, firstReason: 'no responders' },
    ]);
  });

  it('counts an operation that was in flight when the fault struck', () => {
    expect(recoveryPerFault([load(70, trouble(19.7, 24))], seconds(20))[0]).toMatchObject({ ns: 4.3 * s });
  });

  it('is nothing when nobody felt the fault', () => {
    expect(recoveryPerFault([load(70), load(70)], seconds(20))).toEqual([{ ns: 0, troubledOperations: 0 }]);
  });

  it('is not known when the load ended before it had been well for ten seconds', () => {
    expect(recoveryPerFault([load(70, trouble(50, 61))], seconds(45))).toEqual([
      { atLeastNs: 11 * s, troubledOperations: 100, firstReason: 'timeout' },
    ]);
    expect(recoveryPerFault([load(70, trouble(50, 60))], seconds(45))[0]).toMatchObject({ ns: 10 * s });
    expect(recoveryPerFault([load(70, trouble(50, 60))], seconds(45), 65 * s)[0]).not.toHaveProperty('ns');
  });

  it('is not known from another load that went on, when the troubled one ended', () => {
    const loads = [load(30, trouble(26, 29)), load(70)];
    expect(recoveryPerFault(loads, seconds(25))[0]).not.toHaveProperty('ns');
  });

  it('is each fault’s own when one follows within a second', () => {
    const [first, second] = recoveryPerFault([load(70, trouble(20, 26))], seconds(20, 20.9));
    expect(first).toMatchObject({ ns: 6 * s });
    expect(second).toMatchObject({ ns: expect.closeTo(5.1 * s, -3) });
  });

  it('ends when the last of the loads is back', () => {
    const loads = [load(70, trouble(21, 24)), load(70, trouble(22, 30))];
    expect(recoveryPerFault(loads, seconds(20))[0]).toMatchObject({ ns: 9 * s, troubledOperations: 200 });
  });

  it('leaves trouble before any fault to nobody', () => {
    expect(recoveryPerFault([load(70, trouble(2, 5))], seconds(20))).toEqual([
      { ns: 0, troubledOperations: 0 },
    ]);
    expect(recoveryPerFault([load(70, trouble(2, 19.5))], seconds(20))).toEqual([
      { ns: 0, troubledOperations: 0 },
    ]);
  });

  it('counts trouble that goes on through a fault from the fault on', () => {
    expect(recoveryPerFault([load(70, trouble(5, 32))], seconds(20))[0]).toMatchObject({ ns: 12 * s });
  });

  it('blames the fault before it, and every fault made while it lasted', () => {
    const loads = [load(90, trouble(21, 23), trouble(46, 58))];
    expect(recoveryPerFault(loads, seconds(20, 45, 50)).map(({ ns }) => ns)).toEqual([2 * s, 12 * s, 8 * s]);
  });

  it('is the longest of the stretches when making and healing the fault were both felt', () => {
    const loads = [load(90, trouble(20, 22), trouble(36, 43))];
    expect(recoveryPerFault(loads, seconds(20))).toEqual([
      { ns: 7 * s, troubledOperations: 200, firstReason: 'timeout' },
    ]);
  });

  it('does not speak of a fault that was never injected', () => {
    expect(recoveryPerFault([load(70, trouble(21, 27))], [0])).toEqual([{ troubledOperations: 0 }]);
  });

  it('tells when it was first felt, when that showed, and from when on all was well', () => {
    const [felt] = recoveries([load(70, trouble(21, 27))], seconds(20));
    expect(felt?.steps).toMatchObject({ firstTroubledNs: 1 * s, servedNs: 7 * s });
    const [early] = recoveries([load(70, trouble(19.7, 24))], seconds(20));
    expect(early?.steps).toMatchObject({ firstTroubledNs: 0, servedNs: 4 * s });
    const [never] = recoveries([load(70, trouble(50, 61))], seconds(45));
    expect(never?.steps).not.toHaveProperty('servedNs');
    expect(recoveries([load(70)], seconds(20))[0]).not.toHaveProperty('steps');
  });
});
