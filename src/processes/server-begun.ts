import { waitFor } from '../base/wait.js';
import { lastLines } from './log-tail.js';

/** What nats-server logs when it listens to clients, or reads a stream of its store, which takes as long as it is large. */
const BEGUN = / \[INF\] +(?:Server is ready|Starting restore for stream)/;
/** More than it logs at its start, unless it is to say everything. */
const LINES = 100;
/** A busy machine lets it come so far only after a while. */
const BEGINS_WITHIN_MS = 10_000;
/** One that cannot run for another reason, a port for its routes that is taken, ends well within this time after that. */
const PROVES_ITSELF_MS = 1_000;

/**
 * Resolves when a server has proven that it runs, by its log from a byte on; when it has ended; or when `isOver` says
 * that nothing more is to be waited for.
 */
export async function untilServerRuns(
  { logFile, logFromByte }: { readonly logFile: string; readonly logFromByte: number },
  isOver: () => boolean,
): Promise<void> {
  const hasBegun = () =>
    lastLines(logFile, { count: LINES, fromByte: logFromByte }).some((line) => BEGUN.test(line));
  await waitFor(() => isOver() || hasBegun(), { timeoutMs: BEGINS_WITHIN_MS });
  await waitFor(isOver, { timeoutMs: PROVES_ITSELF_MS });
}
