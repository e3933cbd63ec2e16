import { codeOf } from '../base/errors.js';
import { waitFor } from '../base/wait.js';
import type { ProcessIdentity } from '../contracts/cluster.js';
import { isAlive } from './identity.js';
import { findMarked } from './run-mark.js';

export interface EndOptions {
  /** How long a process may take to end by itself after SIGTERM; 0 kills at once. 5,000 ms unless told. */
  readonly graceMs?: number;
}

/** How a process came to its end: it was gone already, it left when asked, or it had to be killed. */
export type EndOutcome = 'gone' | 'terminated' | 'killed';

/** A killed process is gone within milliseconds, unless it hangs in the kernel (a dead network disk). */
const KILL_TAKES_MS = 10_000;

/**
 * Ends exactly this process: SIGTERM, also when it is stopped, then SIGKILL. Resolves once it is verified gone; throws
 * when it is another user's, or still there.
 */
export async function endProcess(identity: ProcessIdentity, options: EndOptions = {}): Promise<EndOutcome> {
  const { graceMs = 5000 } = options;
  if (!isAlive(identity)) return 'gone';
  if (graceMs > 0) {
    sendSignal(identity, 'SIGTERM');
    // A stopped process takes the SIGTERM only when it goes on.
    sendSignal(identity, 'SIGCONT');
    if (await isGone(identity, graceMs)) return 'terminated';
  }
  sendSignal(identity, 'SIGKILL');
  if (await isGone(identity, KILL_TAKES_MS)) return 'killed';
  throw new Error(`process ${identity.pid} is still there ${KILL_TAKES_MS / 1000} s after SIGKILL`);
}

/**
 * Ends every process that carries the mark, those too that appear meanwhile. Returns how many there were; throws when
 * one is left.
 */
export async function endMarked(mark: string, options: EndOptions = {}): Promise<number> {
  let ended = 0;
  // A server that was just being started shows its mark a moment later.
  for (let round = 0; round < 5; round++) {
    const found = await findMarked(mark);
    if (found.length === 0) return ended;
    await Promise.all(found.map((identity) => endProcess(identity, options)));
    ended += found.length;
  }
  throw new Error(`processes with the mark ${mark} keep appearing`);
}

/** Sends a signal to exactly this process; false when it is gone. Throws when it is not ours to signal. */
export function sendSignal(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false;
  try {
    process.kill(identity.pid, signal);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return false;
    throw new Error(`process ${identity.pid} cannot be sent ${signal}`, { cause: error });
  }
}

async function isGone(identity: ProcessIdentity, withinMs: number): Promise<boolean> {
  return (await waitFor(() => !isAlive(identity), { timeoutMs: withinMs, everyMs: 10 })) !== undefined;
}
