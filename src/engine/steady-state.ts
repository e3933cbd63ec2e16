import { nowNs, sleep } from '../base/clock.js';
import { messageOf } from '../base/errors.js';
import { withDeadline } from '../base/wait.js';
import type { SteadyLook, SystemControl } from '../contracts/control.js';
import type { StreamPlan } from '../contracts/plan.js';

/** Pause between two looks: a look asks every node, and must not become a load of its own. */
const LOOK_EVERY_MS = 250;
/** A question that a dying connection took with it must not hold up the next look. */
const LOOK_WITHIN_MS = 2_000;

export interface Settled extends SteadyLook {
  /** How long it took until the system was steady, or how long was waited. */
  readonly afterNs: number;
}

/** Looks until the system is steady or the time is up, and returns the last look. */
export async function settle(
  control: SystemControl,
  streams: readonly StreamPlan[],
  timeoutNs: number,
  signal: AbortSignal,
): Promise<Settled> {
  const startNs = nowNs();
  for (;;) {
    signal.throwIfAborted();
    const look = await lookOnce(control, streams);
    const afterNs = nowNs() - startNs;
    if (look.steady || afterNs >= timeoutNs) return { ...look, afterNs };
    await sleep(LOOK_EVERY_MS, signal);
  }
}

/** What keeps a look from being steady, for people; empty when it is. */
export function unsteadiness(look: SteadyLook): string {
  return look.probes
    .filter((probe) => !probe.holds)
    .map((probe) => `${probe.probe}: ${probe.saw}`)
    .join('; ');
}

async function lookOnce(control: SystemControl, streams: readonly StreamPlan[]): Promise<SteadyLook> {
  try {
    return await withDeadline(control.steadyState(streams), LOOK_WITHIN_MS, 'the look');
  } catch (error) {
    return { steady: false, probes: [{ probe: 'look', holds: false, saw: messageOf(error) }] };
  }
}
