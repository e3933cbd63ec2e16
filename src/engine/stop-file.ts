import { existsSync } from 'node:fs';
import { PreflightError } from '../base/errors.js';

const LOOK_EVERY_MS = 250;

/**
 * Watches for a file that anybody may make to stop the run; returns what ends the watch.
 * @throws PreflightError when it is there already
 */
export function watchStopFile(path: string, onStop: () => void): () => void {
  if (existsSync(path)) {
    throw new PreflightError(`the stop file ${path} is there`, {
      hint: 'whoever made it wants no run to go on: remove it when that is over',
    });
  }
  const timer = setInterval(() => {
    if (!existsSync(path)) return;
    clearInterval(timer);
    onStop();
  }, LOOK_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
