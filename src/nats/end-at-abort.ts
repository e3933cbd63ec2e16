import type { WireConnection } from '../wire/connection.js';
import type { WireApi } from './wire-api.js';

/** Why a read did not come to its end when its signal aborted: a run hands it the one of a second request to stop. */
export const TOLD_TO_HURRY = 'the run was told to hurry';

/**
 * From the signal's abort on nothing is waited for: what was asked of the API rejects, and so does a connection that is
 * still being made. Returns what makes an end of it.
 */
export function endAtAbort(signal: AbortSignal | undefined, wire: WireConnection, api: WireApi): () => void {
  const onAbort = (): void => {
    api.end(new Error(TOLD_TO_HURRY));
    if (!wire.connected) void wire.close();
  };
  if (signal?.aborted) onAbort();
  else signal?.addEventListener('abort', onAbort, { once: true });
  return () => signal?.removeEventListener('abort', onAbort);
}
