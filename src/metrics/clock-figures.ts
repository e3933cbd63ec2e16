import { NS, nowNs, sleep } from '../base/clock.js';
import type { ClockFigures } from '../contracts/resources.js';

const READINGS = 2000;
const TIMERS = 64;
/** A stamp tells when its event was due in whole microseconds. */
const STAMP_NS = NS.us;

/**
 * Looks at the clock and at the timers of this machine, for about a tenth of a second. All threads and processes of a
 * machine read the same clock, so that a time between two of them has no other error than reading it.
 */
export async function measureClock(): Promise<ClockFigures> {
  const steps = new Float64Array(READINGS);
  let last = nowNs();
  for (let i = 0; i < READINGS; i++) {
    const now = nowNs();
    steps[i] = now - last;
    last = now;
  }
  steps.sort();
  const moved = steps.filter((step) => step > 0);
  const granularityNs = moved[0] ?? NS.ms;
  const readNs = steps[READINGS / 2] as number;
  const late = await timerLateness();
  return {
    granularityNs,
    readNs,
    errorNs: 2 * granularityNs + 2 * readNs + STAMP_NS,
    timerLateP50Ns: late[Math.floor(TIMERS / 2)] as number,
    timerLateP99Ns: late[Math.ceil(TIMERS * 0.99) - 1] as number,
  };
}

/** How much later than a millisecond a timer of a millisecond comes, ascending. */
async function timerLateness(): Promise<Float64Array> {
  const late = new Float64Array(TIMERS);
  for (let i = 0; i < TIMERS; i++) {
    const setNs = nowNs();
    await sleep(1);
    late[i] = Math.max(0, nowNs() - setNs - NS.ms);
  }
  return late.sort();
}
