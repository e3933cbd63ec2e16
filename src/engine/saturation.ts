import type { WorkerSample } from '../contracts/resources.js';

/** From here on a thread has used its core up: the rest goes to what no thread can avoid. */
export const FULL_CORE = 0.9;
/** From here on an event loop has not waited for anything: there was always something to do. */
export const FULL_LOOP = 0.97;
/** Shorter looks tell nothing: the last of a load may be of a few milliseconds. */
const SHORTEST_NS = 200e6;

/**
 * A thread that was always busy was held up by nobody but itself, or by a lack of cores: had it waited for the system, it
 * would have rested.
 */
export function isSaturated({ startNs, endNs, cpuNs, activeNs }: WorkerSample): boolean {
  const spanNs = endNs - startNs;
  if (spanNs < SHORTEST_NS) return false;
  return (cpuNs !== null && cpuNs >= FULL_CORE * spanNs) || activeNs >= FULL_LOOP * spanNs;
}

/**
 * What comes to a thread that is saturated lies before its door; so it does where the thread is ready to run and no core is
 * free: to its event loop that looks like rest.
 */
export function keepsWaiting(sample: WorkerSample): boolean {
  const { startNs, endNs, cpuNs, runQueueNs } = sample;
  if (isSaturated(sample)) return true;
  const spanNs = endNs - startNs;
  return spanNs >= SHORTEST_NS && (cpuNs ?? 0) + (runQueueNs ?? 0) >= FULL_CORE * spanNs;
}
