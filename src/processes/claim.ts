import { unlinkSync, writeFileSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pid as ownPid } from 'node:process';
import { codeOf } from '../base/errors.js';
import { makeDirectory } from '../base/make-directory.js';
import type { ProcessIdentity } from '../contracts/cluster.js';
import { identify, isAlive } from './identity.js';

/** Something that this process alone holds among all stormglass processes of this user. */
export interface Claim {
  /** Idempotent. */
  release(): void;
}

/**
 * Tries to claim a name in a directory; `undefined` when another holds it. A claim is an empty file that carries its
 * owner in its name, `<name>.<pid>.<startedAt>`. So a dead owner's can be deleted by anyone at any time: what bears
 * his name is never somebody else's, as a lock file that was just taken over could be. Two who try in the same moment
 * may both be refused; they never both get it.
 */
export async function tryClaim(directory: string, name: string): Promise<Claim | undefined> {
  makeDirectory(directory);
  const ownFile = `${name}.${ownerSuffix()}`;
  const path = join(directory, ownFile);
  try {
    writeFileSync(path, '', { flag: 'wx' });
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return undefined;
    throw error;
  }
  const others = (await readdir(directory)).filter((file) => file.startsWith(`${name}.`) && file !== ownFile);
  for (const file of others) {
    const owner = ownerOf(file);
    if (owner && isAlive(owner)) {
      unlinkSync(path);
      return undefined;
    }
    await rm(join(directory, file), { force: true });
  }
  let held = true;
  return {
    release: () => {
      if (!held) return;
      held = false;
      try {
        unlinkSync(path);
      } catch (error) {
        if (codeOf(error) !== 'ENOENT') throw error;
      }
    },
  };
}

/** Deletes the claims of owners that have died: nobody needs them, and anyone may. */
export async function sweepClaims(directory: string): Promise<void> {
  const files = await readdir(directory).catch(() => []);
  for (const file of files) {
    const owner = ownerOf(file);
    if (owner && !isAlive(owner)) await rm(join(directory, file), { force: true });
  }
}

/** What a file or directory name ends in that belongs to this process. */
export function ownerSuffix(): string {
  return `${ownPid}.${identify(ownPid)?.startedAt}`;
}

/** The process that such a name belongs to; `undefined` for other names. */
export function ownerOf(name: string): ProcessIdentity | undefined {
  const match = /\.(\d+)\.([^.]+)$/.exec(name);
  return match ? { pid: Number(match[1]), startedAt: match[2] as string } : undefined;
}
