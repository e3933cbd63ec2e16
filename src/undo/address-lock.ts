import { createHash } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessIdentity } from '../contracts/cluster.js';
import { isAlive } from '../processes/identity.js';
import { holderOf, take } from './run-lock.js';

export type AddressLock =
  | { readonly got: true; release(): void }
  | { readonly got: false; readonly path: string; readonly pid: number | undefined };

/**
 * Takes a lock on addresses among the runs of this user on this machine: all that can be had where the servers keep no
 * streams. The lock of a process that has died is broken. Throws what the file system says.
 */
export function lockAddresses(
  stateDir: string,
  addresses: readonly string[],
  me: ProcessIdentity,
): AddressLock {
  const directory = join(stateDir, 'locks');
  mkdirSync(directory, { recursive: true });
  const name = createHash('sha256')
    .update([...addresses].sort().join('\n'))
    .digest('hex')
    .slice(0, 32);
  const path = join(directory, `${name}.lock`);
  while (!take(path, me)) {
    const holder = holderOf(path);
    if (holder === 'gone') continue;
    if (holder === 'unfinished') return { got: false, path, pid: undefined };
    if (isAlive(holder)) return { got: false, path, pid: holder.pid };
    rmSync(path, { force: true });
  }
  return { got: true, release: () => rmSync(path, { force: true }) };
}
