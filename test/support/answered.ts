import { waitFor } from '../../src/base/wait.js';

/**
 * What a server answers in the end: a question to a cluster that elects, or is only busy, may be lost, and is asked again.
 * What is asked for must be the same when it is asked for twice. Throws what the last one was refused with.
 */
export async function answered<T>(ask: () => Promise<T>): Promise<T> {
  let refusal: unknown;
  const got = await waitFor(
    async () => {
      try {
        return { answer: await ask() };
      } catch (error) {
        refusal = error;
        return undefined;
      }
    },
    { timeoutMs: 60_000, everyMs: 200 },
  );
  if (got === undefined) throw refusal;
  return got.answer;
}

/** For clients of a server that is alone: what it is asked does not get lost, but it may be busy. */
export const PATIENT_CLIENT = { timeout: 60_000 };
