import { NS } from '../base/clock.js';
import type { TrafficRun } from './load-kind.js';

/** No phase is shorter than this. */
const SHORT_NS = 100 * NS.ms;

/** Counts a range of the schedule under the phases in which its operations were due: mostly one, and at once. */
export function countRange(
  { pacer, startNs, recorder }: TrafficRun,
  counter: number,
  first: number,
  count: number,
): void {
  const firstNs = startNs + pacer.dueNs(first);
  const lastNs = startNs + pacer.dueNs(first + count - 1);
  const phase = recorder.phaseAt(lastNs);
  if (lastNs - firstNs < SHORT_NS && recorder.phaseAt(firstNs) === phase) {
    recorder.count(counter, phase, count);
    return;
  }
  for (let at = first; at < first + count; at++) {
    recorder.count(counter, recorder.phaseAt(startNs + pacer.dueNs(at)), 1);
  }
}
