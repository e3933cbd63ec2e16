import { describe, expect, it } from 'vitest';
import { NS } from '../../src/base/clock.js';
import {
  addRecoverySteps,
  type RecoveredFault,
  type RecoveryBook,
} from '../../src/metrics/recovery-steps.js';

const at = (seconds: number): number => (100 + seconds) * NS.s;
const fault = (from: number, to: number, steadyAfter?: number): RecoveredFault => ({
  injectedNs: at(from),
  revertedNs: at(to),
  ...(steadyAfter !== undefined && { settled: { steady: true, afterNs: steadyAfter * NS.s } }),
});
const book = (parts: Partial<RecoveryBook>): RecoveryBook => ({ signs: [], backlog: [], ...parts });
const felt = {
  troubledOperations: 3,
  ns: 4 * NS.s,
  steps: { firstTroubledNs: 0, detectedNs: 2 * NS.s, servedNs: 4 * NS.s },
};
const stepsOf = (faults: RecoveredFault[], parts: Partial<RecoveryBook>, recovery: object = felt) =>
  addRecoverySteps(
    faults.map(() => ({ troubledOperations: 0, ...recovery })),
    faults,
    book(parts),
  ).map(({ steps }) => steps);

describe('the steps of a recovery', () => {
  it('are those that the load knows, when nobody saw anything else', () => {
    expect(stepsOf([fault(10, 15)], {})).toEqual([felt.steps]);
  });

  it('say when it was first seen, by the load or by those who watch', () => {
    const signs = [
      { atNs: at(9), what: 'unsteady' as const },
      { atNs: at(10.5), what: 'unsteady' as const },
      { atNs: at(11), what: 'advisory' as const },
    ];
    expect(stepsOf([fault(10, 15)], { signs })[0]).toMatchObject({ detectedNs: 0.5 * NS.s });
    expect(stepsOf([fault(10, 15)], { signs: signs.slice(0, 1) })[0]).toMatchObject({ detectedNs: 2 * NS.s });
    expect(stepsOf([fault(10, 15)], { signs }, { steps: undefined })[0]).toEqual({ detectedNs: 0.5 * NS.s });
  });

  it('say when the last leader was elected, and when all was steady', () => {
    const signs = [
      { atNs: at(12), what: 'election' as const },
      { atNs: at(14), what: 'election' as const },
      { atNs: at(16), what: 'steady' as const },
    ];
    expect(stepsOf([fault(10, 15, 1.5)], { signs })[0]).toMatchObject({
      electedNs: 4 * NS.s,
      steadyNs: 6.5 * NS.s,
    });
  });

  it('are not those of the next fault', () => {
    const signs = [
      { atNs: at(12), what: 'election' as const },
      { atNs: at(32), what: 'election' as const },
    ];
    const [first, second] = stepsOf([fault(10, 15), fault(30, 35)], { signs });
    expect(first?.electedNs).toBe(2 * NS.s);
    expect(second?.electedNs).toBe(2 * NS.s);
  });

  it('say when a backlog that had grown was gone, and nothing of one that had not', () => {
    const backlog = [
      [0, 40],
      [5, 60],
      [11, 70],
      [12, 5_000],
      [14, 900],
      [17, 150],
      [18, 30],
    ].map(([t, messages]) => ({ atNs: at(t as number), messages: messages as number }));
    expect(stepsOf([fault(10, 15)], { backlog })[0]).toMatchObject({ drainedNs: 7 * NS.s });
    const calm = backlog.filter(({ messages }) => messages < 200);
    expect(stepsOf([fault(10, 15)], { backlog: calm })[0]).not.toHaveProperty('drainedNs');
    expect(stepsOf([fault(10, 15)], { backlog: backlog.slice(0, 5) })[0]).not.toHaveProperty('drainedNs');
  });

  it('are none of a fault that was never injected', () => {
    const never = { injectedNs: 0, revertedNs: 0 };
    const signs = [{ atNs: at(12), what: 'election' as const }];
    expect(stepsOf([never], { signs }, { steps: undefined })).toEqual([undefined]);
  });
});
