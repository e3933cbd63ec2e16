import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { NS, nowNs, sleep } from '../base/clock.js';
import { codeOf } from '../base/errors.js';
import type { ProcessIdentity } from '../contracts/cluster.js';
import { isAlive } from '../processes/identity.js';
import { isIdentity } from './run-registry.js';

/** A lock without a whole holder in it is one that is being written, for this long; then its writer has died. */
export const UNFINISHED_MS = 2_000;

export type LockAttempt<T> =
  | { readonly got: true; readonly result: T }
  | { readonly got: false; readonly holder: string };

/**
 * Does the work while holding the lock file, so that the watchdog and any number of `recover` do not clean up behind
 * the same run at once. A lock whose holder is dead is broken. Two that break one in the same instant may both go
 * on: the work is such that carrying it out twice does no harm.
 */
export async function withRunLock<T>(
  path: string,
  me: ProcessIdentity,
  waitMs: number,
  work: () => Promise<T>,
): Promise<LockAttempt<T>> {
  const startNs = nowNs();
  let unfinishedSinceNs: number | undefined;
  while (!take(path, me)) {
    const holder = holderOf(path);
    if (holder === 'gone') continue;
    if (holder === 'unfinished') unfinishedSinceNs ??= nowNs();
    else unfinishedSinceNs = undefined;
    const stale =
      holder === 'unfinished'
        ? nowNs() - (unfinishedSinceNs as number) > UNFINISHED_MS * NS.ms
        : !isAlive(holder);
    if (stale) {
      rmSync(path, { force: true });
      continue;
    }
    if (nowNs() - startNs > waitMs * NS.ms) {
      return { got: false, holder: holder === 'unfinished' ? 'an unknown process' : `process ${holder.pid}` };
    }
    await sleep(50);
  }
  try {
    return { got: true, result: await work() };
  } finally {
    rmSync(path, { force: true });
  }
}

/** Makes the lock file; false when there is one. Throws what else the file system says. */
export function take(path: string, me: ProcessIdentity): boolean {
  let fd: number;
  try {
    fd = openSync(path, 'wx');
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
  try {
    writeSync(fd, JSON.stringify(me));
  } catch (error) {
    // A full disk: without a holder in it, the lock would be nobody's, and stand.
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
  return true;
}

/** Who holds a lock file. */
export function holderOf(path: string): ProcessIdentity | 'gone' | 'unfinished' {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return 'gone';
    throw error;
  }
  try {
    const holder: unknown = JSON.parse(text);
    return isIdentity(holder) ? holder : 'unfinished';
  } catch {
    return 'unfinished';
  }
}
