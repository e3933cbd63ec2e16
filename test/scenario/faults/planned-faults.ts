import { NS } from '../../../src/base/clock.js';
import type { FaultPlan } from '../../../src/contracts/plan/faults.js';
import type { ResolveOptions } from '../../../src/scenario/resolve-plan.js';
import { edited, plan, told } from '../plugins.js';

const ONE = '  - { at: 20s, kind: node-kill, target: one, restart-after: 10s }';

/** The valid scenario with these faults in place of its one, and with `more` at its end. */
export const withFaults = (faults: string, more = ''): string =>
  edited([ONE, faults.replace(/^/gm, '  ')]) + more;

/** The faults of that scenario, as planned. */
export const planned = (
  faults: string,
  options: Partial<ResolveOptions> = {},
  more = '',
): readonly FaultPlan[] => plan(withFaults(faults, more), options).faults;

/** What is wrong with it, without the places. */
export const wrongWith = (faults: string, more = ''): readonly string[] =>
  told(withFaults(faults, more)).map((line) => line.replace(/^\d+:\d+ /, ''));

/** When each begins and how long it holds, in seconds. */
export const times = (faults: readonly FaultPlan[]): number[][] =>
  faults.map(({ atNs, forNs }) => [atNs / NS.s, forNs / NS.s]);
