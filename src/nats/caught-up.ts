import { messageOf } from '../base/errors.js';
import { waitFor } from '../base/wait.js';
import { readHealthz } from './endpoints.js';

const WITHIN_MS = 30_000;

/**
 * Waits, for 30 s at most, until a server says that its streams are current: the next that is to be taken out of them
 * can then be spared. Resolves to what it says; never rejects.
 */
export async function waitUntilCaughtUp(monitorUrl: string): Promise<string> {
  let said = '';
  await waitFor(
    async () => {
      const { status, error } = await readHealthz(monitorUrl).catch((thrown: unknown) => ({
        status: 'unreachable',
        error: messageOf(thrown),
      }));
      said = error === undefined ? `it says ${status}` : `it says ${status}: ${error}`;
      return status === 'ok';
    },
    { timeoutMs: WITHIN_MS, everyMs: 100 },
  );
  return said;
}
