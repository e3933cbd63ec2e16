import { Deadline } from './deadline.js';

/**
 * Hands `work` a signal that aborts after `ms`, and returns what it resolves to. A standstill of our own is not counted:
 * see Deadline. No AbortSignal.timeout, which would give up what has been answered meanwhile.
 */
export async function abortAfter<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const giveUp = new AbortController();
  const deadline = new Deadline(ms, () => giveUp.abort(new Error(`no answer within ${ms} ms`)));
  try {
    return await work(giveUp.signal);
  } finally {
    deadline.clear();
  }
}
