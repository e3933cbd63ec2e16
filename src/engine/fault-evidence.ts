import { messageOf } from '../base/errors.js';
import { orAborted } from '../base/or-aborted.js';
import { waitFor, withDeadline } from '../base/wait.js';
import type { Evidence, Fault, FaultContext, FaultStage } from '../contracts/fault.js';

/** How long a revert is still looked at when the run is to end in a hurry. */
const HURRIED_LOOK_MS = 5_000;
/** Nothing that a fault does may hang a run. */
const LOOK_TAKES_MS = 15_000;

/** Its signal aborts a few seconds after a hurry has set in; never without one, nor after its end. */
export function hurriedPatience(hurry: AbortSignal): { readonly signal: AbortSignal; end(): void } {
  const patience = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const hurryUp = () => {
    timer = setTimeout(() => patience.abort(hurry.reason), HURRIED_LOOK_MS).unref();
  };
  if (hurry.aborted) hurryUp();
  else hurry.addEventListener('abort', hurryUp, { once: true });
  return {
    signal: patience.signal,
    end: () => {
      clearTimeout(timer);
      hurry.removeEventListener('abort', hurryUp);
    },
  };
}

/** Looks until it holds or the time is up, and returns the last look; one that hangs, or fails, is said. */
export async function lookForEvidence(
  fault: Fault,
  context: FaultContext,
  stage: FaultStage,
  timeoutMs: number,
): Promise<Evidence> {
  let last: Evidence = { holds: false, looks: [{ at: 'look', saw: 'nothing could be looked at' }] };
  try {
    await waitFor(
      async () => {
        try {
          const look = withDeadline(fault.observe(context, stage), LOOK_TAKES_MS, 'the look');
          last = await orAborted(look, context.signal);
        } catch (error) {
          if (!context.signal.aborted)
            last = { holds: false, looks: [{ at: 'look', saw: messageOf(error) }] };
        }
        return last.holds;
      },
      { timeoutMs, everyMs: 50, signal: context.signal },
    );
  } catch {
    // Interrupted: what was seen last is what there is.
  }
  return last;
}

/** What was seen, in one line. */
export const sightings = (evidence: Evidence): string =>
  evidence.looks.map(({ at, saw }) => `${at}: ${saw}`).join('; ');
