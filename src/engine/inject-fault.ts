import { NS } from '../base/clock.js';
import { orAborted } from '../base/or-aborted.js';
import { withDeadline } from '../base/wait.js';
import type { Fault, FaultContext } from '../contracts/fault.js';

/** Nothing that a fault does may hang a run. */
const INJECT_TAKES_NS = 120 * NS.s;
/** What an injection that was given up gets to notice that. */
const GIVE_UP_WITHIN_MS = 2_000;

/**
 * Has a fault injected. One that takes too long, or whose time is over, is told to stop and no longer waited for:
 * `onHanging` is handed what resolves when it has come to its end after all. Rejects with why it failed.
 */
export async function injectFault(
  fault: Fault,
  context: FaultContext,
  onHanging: (settled: Promise<void>) => void,
): Promise<void> {
  const stop = new AbortController();
  const onEnd = () => stop.abort(context.signal.reason);
  context.signal.addEventListener('abort', onEnd, { once: true });
  if (context.signal.aborted) onEnd();
  const work = fault.inject({ ...context, signal: stop.signal });
  let isSettled = false;
  const settled = work.then(
    () => {
      isSettled = true;
    },
    () => {
      isSettled = true;
    },
  );
  const takesMs = (fault.injectWithinNs ?? INJECT_TAKES_NS) / NS.ms;
  try {
    await orAborted(withDeadline(work, takesMs, 'its injection'), context.signal);
  } catch (error) {
    stop.abort(error);
    await withDeadline(settled, GIVE_UP_WITHIN_MS, 'its end').catch(() => {});
    if (!isSettled) onHanging(settled);
    throw error;
  } finally {
    context.signal.removeEventListener('abort', onEnd);
  }
}
