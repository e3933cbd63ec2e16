import { NS } from '../../src/base/clock.js';
import type { WorkerSample } from '../../src/contracts/resources.js';

export const START_NS = 1000 * NS.s;

/** From so many seconds after the start on. */
export const second = (from: number, seconds = 1) => ({
  startNs: START_NS + from * NS.s,
  endNs: START_NS + (from + seconds) * NS.s,
});

/** A thread of a load that had a core whenever it wanted one, and used so much of it, for a second. */
export const workerSample = (
  at: number,
  cpuShare: number,
  more: Partial<WorkerSample> = {},
): WorkerSample => ({
  of: 'worker',
  role: 'generator',
  load: 'orders',
  worker: 0,
  ...second(at),
  cpuNs: cpuShare * NS.s,
  runQueueNs: 0,
  activeNs: cpuShare * NS.s,
  loopDelayP99Ns: 0,
  loopDelayMaxNs: 0,
  gcPauses: 0,
  gcNs: 0,
  gcMaxNs: 0,
  heapBytes: 0,
  heapLimitBytes: 1,
  externalBytes: 0,
  connections: 1,
  socketHeldNs: 0,
  ...more,
});
