import { expect, it } from 'vitest';
import { Upkeep } from '../../src/engine/upkeep.js';

it('tells the journal and the report what happened to the watchdog and to what stands on the links', () => {
  const told: unknown[] = [];
  const upkeep = new Upkeep({ write: (type, entry) => told.push({ type, ...entry }) });
  upkeep.onUnguarded('the watchdog has ended: exit code 137');
  upkeep.onLinkEvent({ what: 'replaced', detail: 'process 7 for process 5' });
  upkeep.onLinkEvent({ what: 'replaced', detail: 'process 7 for process 5' });
  upkeep.onLinkEvent({ what: 'broken', detail: 'it does not start' });
  expect(told).toEqual([
    { type: 'error', detail: 'the watchdog has ended: exit code 137' },
    { type: 'links', what: 'replaced', detail: 'process 7 for process 5' },
    { type: 'links', what: 'replaced', detail: 'process 7 for process 5' },
    { type: 'error', what: 'broken', detail: 'it does not start' },
  ]);
  expect(upkeep.notices).toMatchObject([
    { load: 'watchdog', kind: 'note', text: 'the watchdog has ended: exit code 137', count: 1 },
    { load: 'links', kind: 'note', text: 'replaced: process 7 for process 5', count: 2 },
    { load: 'links', kind: 'note', text: 'broken: it does not start', count: 1 },
  ]);
});
