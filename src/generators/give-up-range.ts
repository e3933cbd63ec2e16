import { COUNTER, MEASURE } from '../metrics/load-recorder.js';
import type { TrafficRun } from './load-kind.js';
import { countRange } from './range-counter.js';

/** Counts a range of the schedule as unsent: it waited for the system until now, and is not going to be sent. */
export function giveUpRange(run: TrafficRun, first: number, count: number, atNs: number): void {
  const { pacer, startNs, recorder } = run;
  countRange(run, COUNTER.unsent, first, count);
  for (let operation = first; operation < first + count; operation++) {
    const dueNs = startNs + pacer.dueNs(operation);
    recorder.censored(MEASURE.ackLatency, dueNs, atNs - dueNs);
    recorder.trouble(dueNs, atNs, 'unsent');
  }
}
