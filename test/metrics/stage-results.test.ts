import { describe, expect, it } from 'vitest';
import { NS } from '../../src/base/clock.js';
import type { LoadSchedule } from '../../src/contracts/plan/schedule.js';
import type { TimelineRow } from '../../src/contracts/run-result.js';
import { stageResults } from '../../src/metrics/stage-results.js';

const hold = (perSec: number, seconds: number) => ({
  fromPerSec: perSec,
  toPerSec: perSec,
  durationNs: seconds * NS.s,
});
const stairs = (unit: 'operations' | 'bytes' = 'operations'): LoadSchedule => ({
  mode: 'open',
  arrival: { kind: 'constant' },
  unit,
  stages: [hold(100, 3), hold(200, 3)],
});
/** A server that takes 150 operations of ten bytes a second, and no more. */
const row = (t: number, due: number): TimelineRow => {
  const ok = Math.min(150, due);
  return { t, counters: { due, sent: ok, ok, bytes: 10 * ok }, pending: 0, latency: {} };
};
const rows = [100, 100, 100, 200, 200, 200].map((due, t) => row(t, due));

describe('the stages of a load', () => {
  it('say what each asked for, and what got through', () => {
    const results = stageResults({ schedule: stairs(), atNs: 0 }, rows, NS.s);
    expect(results).toMatchObject([
      { fromNs: 0, durationNs: 3 * NS.s, duePerSec: 100, okPerSec: 100, okBytesPerSec: 1000, isKept: true },
      { fromNs: 3 * NS.s, toPerSec: 200, duePerSec: 200, okPerSec: 150, okBytesPerSec: 1500, isKept: false },
    ]);
  });

  it('count only time that is surely within them, from the load’s own beginning on', () => {
    // Begun half a second after the run: the second from 3 to 4 belongs to both.
    const results = stageResults({ schedule: stairs(), atNs: NS.s / 2 }, rows, NS.s);
    expect(results.map(({ duePerSec }) => duePerSec)).toEqual([100, 200]);
    const long = [
      { ...row(0, 400), counters: { due: 400, ok: 400, sent: 400 } },
      { ...row(4, 800), counters: { due: 800, ok: 300, sent: 300 } },
    ];
    const schedule = { ...stairs(), stages: [hold(100, 5), hold(200, 5)] } as LoadSchedule;
    // Rows of four seconds: the second begins in one stage and ends in the other.
    expect(stageResults({ schedule, atNs: 0 }, long, 4 * NS.s)).toMatchObject([
      { fromNs: 0, duePerSec: 100 },
    ]);
  });

  it('are kept where nothing was due but an operation that the row cut off', () => {
    const schedule = { ...stairs(), stages: [hold(100, 1), hold(0, 2)] } as LoadSchedule;
    const quiet = [row(0, 100), { ...row(1, 1), counters: { due: 1, ok: 0, sent: 0 } }, row(2, 0)];
    expect(stageResults({ schedule, atNs: 0 }, quiet, NS.s).map(({ isKept }) => isKept)).toEqual([
      true,
      true,
    ]);
  });

  it('leave out what was never due, as the load was stopped before', () => {
    expect(stageResults({ schedule: stairs('bytes'), atNs: 0 }, rows, NS.s, 4 * NS.s)).toMatchObject([
      { unit: 'bytes', fromNs: 0 },
      { unit: 'bytes', fromNs: 3 * NS.s, duePerSec: 200 },
    ]);
    expect(stageResults({ schedule: stairs(), atNs: 0 }, rows, NS.s, 3 * NS.s)).toHaveLength(1);
  });

  it('are none of a load with one rate, or without any', () => {
    const one = { ...stairs(), stages: [hold(100, 3)] } as LoadSchedule;
    expect(stageResults({ schedule: one, atNs: 0 }, rows, NS.s)).toEqual([]);
    expect(stageResults({ schedule: { mode: 'max', durationNs: NS.s }, atNs: 0 }, rows, NS.s)).toEqual([]);
  });
});
