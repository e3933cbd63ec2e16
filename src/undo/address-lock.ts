import { createHash } from 'node:crypto';
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { wallNow } from '../base/clock.js';
import { makeDirectory } from '../base/make-directory.js';
import type { ProcessIdentity } from '../contracts/cluster.js';
import { isAlive } from '../processes/identity.js';
import { holderOf, take, UNFINISHED_MS } from './run-lock.js';

export type AddressLock =
  | { readonly got: true; release(): void }
  | { readonly got: false; readonly path: string; readonly pid: number | undefined };

/**
 * Takes a lock on addresses among the runs of this user on this machine: all that can be had where the servers keep no
 * streams. Each address has a lock of its own, so that runs that share but one of them exclude each other; all of them
 * are had, or none. The lock of a process that has died is broken. Throws what the file system says.
 */
export function lockAddresses(
  stateDir: string,
  addresses: readonly string[],
  me: ProcessIdentity,
): AddressLock {
  const directory = join(stateDir, 'locks');
  makeDirectory(directory);
  const held: string[] = [];
  const release = () => {
    for (const path of held) rmSync(path, { force: true });
  };
  try {
    // In the same order everywhere: two that want the same never each have a part of it.
    for (const address of [...new Set(addresses)].sort()) {
      const path = join(directory, `${nameOf(address)}.lock`);
      const other = lockOne(path, me);
      if (other !== undefined) {
        release();
        return { got: false, path, pid: other.pid };
      }
      held.push(path);
    }
  } catch (error) {
    release();
    throw error;
  }
  return { got: true, release };
}

/** Who has it already; `undefined` when it is ours now. */
function lockOne(path: string, me: ProcessIdentity): { readonly pid: number | undefined } | undefined {
  while (!take(path, me)) {
    const holder = holderOf(path);
    if (holder === 'gone') continue;
    if (holder === 'unfinished') {
      if (!isAbandoned(path)) return { pid: undefined };
    } else if (isAlive(holder)) return { pid: holder.pid };
    rmSync(path, { force: true });
  }
  return undefined;
}

/** Whoever began to write it has died over that. */
function isAbandoned(path: string): boolean {
  const madeMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  return madeMs !== undefined && wallNow().getTime() - madeMs > UNFINISHED_MS;
}

const nameOf = (address: string): string => createHash('sha256').update(address).digest('hex').slice(0, 32);
