import { NS, nowNs, sleep } from './clock.js';
import { afterReads, Deadline } from './deadline.js';

export interface WaitOptions {
  /** Gives up after this long. */
  readonly timeoutMs: number;
  /** Pause between two looks; 50 ms unless told. */
  readonly everyMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * Looks until `look` returns something truthy, and returns it; `undefined` when the time is up. What `look` throws
 * counts as "not yet". The last look begins when the time is up, and what had come by then has been read.
 */
export async function waitFor<T>(
  look: () => Promise<T> | T,
  { timeoutMs, everyMs = 50, signal }: WaitOptions,
): Promise<T | undefined> {
  const deadlineNs = nowNs() + timeoutMs * NS.ms;
  let isLast = nowNs() >= deadlineNs;
  for (;;) {
    signal?.throwIfAborted();
    try {
      const seen = await look();
      if (seen) return seen;
    } catch {
      // Not yet: the thing that is waited for is often not there to be asked.
    }
    if (isLast) return undefined;
    await sleep(everyMs, signal);
    isLast = nowNs() >= deadlineNs;
    if (isLast) await new Promise<void>((resolve) => afterReads(resolve));
  }
}

/**
 * The promise's value, or a rejection when it takes longer than `ms`: no control call may hang a run. A standstill of our
 * own is not counted: see Deadline.
 */
export async function withDeadline<T>(work: Promise<T>, ms: number, what: string): Promise<T> {
  let deadline: Deadline | undefined;
  const late = new Promise<never>((_, reject) => {
    deadline = new Deadline(ms, () => reject(new Error(`${what} took longer than ${ms} ms`)));
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    deadline?.clear();
  }
}
