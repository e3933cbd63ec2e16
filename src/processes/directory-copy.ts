import { createHash } from 'node:crypto';
import { copyFile, cp, lstat, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { codeOf } from '../base/errors.js';
import type { DirectoryLook } from '../contracts/stores.js';
import { lookAtFile } from './damage-file.js';

/**
 * Copies a directory with all that is in it. The copy has its name only when it is whole. What is not there has no copy,
 * and a copy of before is gone then, too.
 */
export async function copyDirectory(from: string, to: string): Promise<void> {
  const part = `${to}.part`;
  await rm(part, { recursive: true, force: true });
  await mkdir(dirname(to), { recursive: true });
  const isThere = (await lstat(from).catch(absent)) !== undefined;
  if (isThere) await cp(from, part, { recursive: true });
  await rm(to, { recursive: true, force: true });
  if (isThere) await rename(part, to);
}

/** Puts a copy, of a file or of a directory, in the place of what is there; false when there is no copy. */
export async function putBack(from: string, to: string): Promise<boolean> {
  const kind = await lstat(from).catch(absent);
  if (kind === undefined) return false;
  if (!kind.isDirectory()) {
    await copyFile(from, to);
    return true;
  }
  await rm(to, { recursive: true, force: true, maxRetries: 3 });
  await cp(from, to, { recursive: true });
  return true;
}

/** How many files a directory has, how large they are, and a checksum over their names and bytes; `undefined` without one. */
export async function lookAtDirectory(path: string): Promise<DirectoryLook | undefined> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(absent);
  if (entries === undefined) return undefined;
  const names = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(path, join(entry.parentPath, entry.name)))
    .sort();
  const hash = createHash('sha256');
  let [files, bytes] = [0, 0];
  for (const name of names) {
    const look = await lookAtFile(join(path, name));
    // What is gone by now was the server's to remove.
    if (look === undefined) continue;
    files++;
    bytes += look.bytes;
    hash.update(`${name}\0${look.sha256}\n`);
  }
  return { files, bytes, sha256: hash.digest('hex') };
}

function absent(error: unknown): undefined {
  if (codeOf(error) === 'ENOENT') return undefined;
  throw error;
}
