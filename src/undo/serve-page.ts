import { abortAfter } from '../base/abort-after.js';
import { causeChain } from '../base/errors.js';
import type { MonitorPages } from '../contracts/monitor.js';
import type { ServePage, UndoHandlers } from '../contracts/undo.js';

/** A page that is there is sent within milliseconds. */
const ANSWERS_WITHIN_MS = 5_000;

/** Has a living run's monitor serve its page again, and asks for it. */
export const servePageThrough = (
  monitor: Pick<MonitorPages, 'servePage'>,
): Pick<UndoHandlers, 'serve-page'> => ({
  'serve-page': async ({ url }) => {
    await monitor.servePage(url, true);
    const status = await statusOf(url);
    if (status !== 200) throw new Error(`${url} answers with ${status}`);
    return `${url} is served again`;
  },
});

/** The monitor was a thread of the run that has died: there is nothing to serve. */
export const pageOfDeadRun = async ({ url }: ServePage): Promise<string> => `${url} has ended with its run`;

async function statusOf(url: string): Promise<number> {
  try {
    return await abortAfter(ANSWERS_WITHIN_MS, async (signal) => {
      const response = await fetch(url, { signal, redirect: 'error' });
      await response.arrayBuffer();
      return response.status;
    });
  } catch (error) {
    throw new Error(`${url} does not answer: ${causeChain(error).at(-1)}`, { cause: error });
  }
}
