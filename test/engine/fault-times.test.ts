import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { NS, nowNs } from '../../src/base/clock.js';
import type { ConditionPlan } from '../../src/contracts/plan/condition.js';
import type { FaultPlan } from '../../src/contracts/plan/faults.js';
import type { ConditionWatch } from '../../src/engine/condition-watch.js';
import { FaultTimes } from '../../src/engine/fault-times.js';
import { Journal } from '../../src/engine/journal.js';

const dir = mkdtempSync(join(tmpdir(), 'stormglass-fault-times-'));
const file = join(dir, 'journal.ndjson');
const journal = new Journal(file);
afterAll(() => {
  journal.close();
  rmSync(dir, { recursive: true, force: true });
});

const never = new AbortController().signal;
const fault = (id: string, more: Partial<FaultPlan> = {}): FaultPlan => ({
  id,
  kind: 'node-kill',
  atNs: 0,
  forNs: NS.s,
  target: { role: 'leader' },
  params: {},
  seed: 1,
  ...more,
});
const CONDITION: ConditionPlan = {
  text: 'backlog > 10',
  of: { kind: 'backlog' },
  comparison: '>',
  bound: 10,
};
const answering = (saw: string | undefined): ConditionWatch => ({
  waitFor: async () => (saw === undefined ? undefined : { saw }),
});
const timesOf = (faults: readonly FaultPlan[], conditions = answering(undefined), startNs = nowNs()) =>
  new FaultTimes(faults, startNs, { conditions, journal });

/** Whether a promise is still open once everything that could settle it has had its turn. */
async function isOpen(work: Promise<unknown>): Promise<boolean> {
  const open = Symbol('open');
  const turn = new Promise((resolve) => setImmediate(() => resolve(open)));
  return (await Promise.race([work, turn])) === open;
}

describe('when a fault is due', () => {
  it('is its time after the start of the load', async () => {
    const startNs = nowNs();
    const plan = fault('fault-1', { atNs: 30 * NS.ms });
    await expect(timesOf([plan], undefined, startNs).due(plan, never)).resolves.toBeUndefined();
    expect(nowNs() - startNs).toBeGreaterThanOrEqual(28 * NS.ms);
  });

  it('is once the one that it follows has begun, or is healed', async () => {
    const first = fault('fault-1');
    const beside = fault('fault-2', { follows: { fault: 'fault-1', since: 'begin', afterNs: 0 } });
    const after = fault('fault-3', { follows: { fault: 'fault-1', since: 'end', afterNs: 0 } });
    const times = timesOf([first, beside, after]);
    const [second, third] = [times.due(beside, never), times.due(after, never)];
    expect(await isOpen(second)).toBe(true);
    times.begins('fault-1');
    await expect(second).resolves.toBeUndefined();
    expect(await isOpen(third)).toBe(true);
    times.ends('fault-1', 'reverted');
    await expect(third).resolves.toBeUndefined();
  });

  it.each(['not-run', 'failed', 'refused'] as const)(
    'never is after one that ended as %s',
    async (status) => {
      const after = fault('fault-2', { follows: { fault: 'fault-1', since: 'begin', afterNs: 0 } });
      const times = timesOf([fault('fault-1'), after]);
      const due = times.due(after, never);
      times.ends('fault-1', status);
      await expect(due).resolves.toBe('fault-1, which it follows, was not made');
    },
  );

  it('never is at the end of one that could not be healed', async () => {
    const after = fault('fault-2', { follows: { fault: 'fault-1', since: 'end', afterNs: 0 } });
    const times = timesOf([fault('fault-1'), after]);
    times.begins('fault-1');
    times.ends('fault-1', 'unreverted');
    await expect(times.due(after, never)).resolves.toBe('fault-1, which it follows, was not made and healed');
  });

  it('is when its condition holds, which the journal tells', async () => {
    const plan = fault('fault-7', { when: { condition: CONDITION, withinNs: NS.s } });
    await expect(timesOf([plan], answering('backlog = 12')).due(plan, never)).resolves.toBeUndefined();
    expect(readFileSync(file, 'utf8')).toContain(
      '"type":"condition","fault":"fault-7","condition":"backlog > 10","saw":"backlog = 12"',
    );
  });

  it('never is when its condition does not hold in time', async () => {
    const plan = fault('fault-1', { when: { condition: CONDITION, withinNs: 5 * NS.s } });
    await expect(timesOf([plan]).due(plan, never)).resolves.toBe('backlog > 10 did not hold within 5 s');
  });

  it('is not waited for when the run ends', async () => {
    const end = new AbortController();
    const [later, after] = [
      fault('fault-1', { atNs: NS.h }),
      fault('fault-2', { follows: { fault: 'fault-1', since: 'end', afterNs: 0 } }),
    ];
    const times = timesOf([later, after]);
    const waiting = [later, after].map((plan) => times.due(plan, end.signal));
    end.abort(new Error('the run ended'));
    for (const due of waiting) await expect(due).rejects.toThrow('the run ended');
  });
});
