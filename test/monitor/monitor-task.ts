import type { ServerAccess } from '../../src/contracts/load.js';
import type { MonitorTask } from '../../src/contracts/monitor.js';
import type { MonitorPlan } from '../../src/contracts/plan/monitor.js';

/** What a monitor of `cim.events.>` is told that serves its page on a port of its own. */
export const monitorTask = (
  access: ServerAccess,
  plan: Partial<MonitorPlan> = {},
  more: Partial<MonitorTask> = {},
): MonitorTask => ({
  plan: { port: 0, subject: 'cim.events.>', domainToken: 2, typeToken: 3, ...plan },
  host: '127.0.0.1',
  access,
  writers: [],
  ...more,
});

/** For a monitor of which only the page is looked at. */
export const UNHEARD = { onReport: () => {}, onNotice: () => {} };
