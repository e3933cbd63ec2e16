import { describeFailure } from '../base/thread-failure.js';
import type { FromLoadWorker } from './worker-messages.js';

/**
 * What a callback throws and nobody catches ends a generator, as it would anyway, but not before the conductor was told
 * in full: crossing the threads by itself, an error would lose what the user can do about it.
 *
 * @param end says it to the conductor, then ends the thread or the process
 */
export function endWithLastWord(end: (lastWord: FromLoadWorker) => void): void {
  process.once('uncaughtException', (error) => end({ say: 'failed', failure: describeFailure(error) }));
}
