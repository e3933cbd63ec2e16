import { expect, it } from 'vitest';
import type { NodeCounters, SystemControl } from '../../src/contracts/control.js';
import type { GeneratorTask } from '../../src/contracts/load.js';
import type { LoadResult } from '../../src/contracts/run-result.js';
import { confirmationFindings } from '../../src/engine/findings.js';
import { ServerAccount } from '../../src/engine/server-account.js';

const TASK = { load: { name: 'orders', kind: 'publish', workers: 1 }, connectionName: 'it' } as GeneratorTask;
const RESULTS = [
  { name: 'orders', kind: 'publish', total: { counters: { ok: 10, messages: 0 } }, phases: [] },
] as unknown as LoadResult[];

/** An account with servers that list a connection which was closed only when they were asked so many times. */
function account(isListedAfter: number, startedAt: () => string) {
  let asked = 0;
  const counters = async () => new Map([['n1', { startedAt: startedAt() } as NodeCounters]]);
  const publishedBy = async () => new Map(asked++ < isListedAfter ? [] : [['it', 10]]);
  const account = new ServerAccount(
    {
      control: { counters, publishedBy } as unknown as SystemControl,
      runId: 'r1',
      services: { loadFacts: () => ({}) as never },
    },
    [TASK],
  );
  return { account, asked: () => asked };
}

it('waits for servers that are slow to say what they took: else the run would be inconclusive', async () => {
  const { account: slow } = account(15, () => 'then');
  await slow.open();
  await slow.close(() => RESULTS, []);
  expect(slow.counters.confirmed).toEqual({ orders: 10 });
  expect(confirmationFindings(RESULTS, slow.counters, [])).toEqual([]);
});

it('does not wait for long for what a server that was started anew has forgotten', async () => {
  let starts = 0;
  const { account: forgetful, asked } = account(Number.POSITIVE_INFINITY, () => `start ${++starts}`);
  await forgetful.open();
  await forgetful.close(() => RESULTS, []);
  expect(forgetful.counters).toMatchObject({ confirmed: { orders: 0 }, restarted: ['n1'] });
  expect(confirmationFindings(RESULTS, forgetful.counters, [])).toEqual([]);
  // Ten times a second for one second: in ten it would be a hundred.
  expect(asked()).toBeLessThan(50);
});

it('neither waits for nor misses what the kernel of a load that was cut off had taken', async () => {
  const { account: cut, asked } = account(Number.POSITIVE_INFINITY, () => 'then');
  const notice = { load: 'orders', worker: 0, text: 'closed', atNs: 1, count: 1 } as const;
  const notices = [{ ...notice, kind: 'disconnected' }] as const;
  await cut.open();
  await cut.close(() => RESULTS, notices);
  expect(asked()).toBe(1);
  expect(cut.counters.confirmed).toEqual({ orders: 0 });
  expect(confirmationFindings(RESULTS, cut.counters, notices)).toEqual([]);
  const ofAnother = [
    { ...notices[0], load: 'others' },
    { ...notice, kind: 'server-error' },
  ] as const;
  expect(confirmationFindings(RESULTS, cut.counters, ofAnother)).toMatchObject([{ exit: 'inconclusive' }]);
});
