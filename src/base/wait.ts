import { NS, nowNs, sleep } from './clock.js';

export interface WaitOptions {
  /** Gives up after this long. */
  readonly timeoutMs: number;
  /** Pause between two looks; 50 ms unless told. */
  readonly everyMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * Looks until `look` returns something truthy, and returns it; `undefined` when the time is up. What `look` throws
 * counts as "not yet".
 */
export async function waitFor<T>(
  look: () => Promise<T> | T,
  { timeoutMs, everyMs = 50, signal }: WaitOptions,
): Promise<T | undefined> {
  const deadlineNs = nowNs() + timeoutMs * NS.ms;
  for (;;) {
    signal?.throwIfAborted();
    try {
      const seen = await look();
      if (seen) return seen;
    } catch {
      // Not yet: the thing that is waited for is often not there to be asked.
    }
    if (nowNs() >= deadlineNs) return undefined;
    await sleep(everyMs, signal);
  }
}

/** The promise's value, or a rejection when it takes longer than `ms`: no control call may hang a run. */
export async function withDeadline<T>(work: Promise<T>, ms: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
