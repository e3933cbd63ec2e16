import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { codeOf } from './errors.js';

/**
 * As `mkdir -p`, for paths that a user chooses. Node's own `recursive` never ends where a parent that is there refuses with ENOENT,
 * as in /proc. Throws what the file system says of the first directory that it refuses.
 *
 * @param made where the directories are noted that were not there before, outermost first
 */
export function makeDirectory(path: string, made: string[] = []): void {
  if (isDirectory(path)) return;
  makeDirectory(dirname(path), made);
  try {
    mkdirSync(path);
    made.push(path);
  } catch (error) {
    // Another process may have been faster.
    if (codeOf(error) !== 'EEXIST' || !isDirectory(path)) throw error;
  }
}

const isDirectory = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
