import { constants } from 'node:fs';
import { lstat, mkdir, open, readdir, readFile, rm, rmdir, unlink } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { codeOf, messageOf, PreflightError } from '../base/errors.js';
import type { RemoveDirectory } from '../contracts/undo.js';
import { MARK_FILE } from '../processes/marked-place.js';

export { MARK_FILE };

/**
 * Makes a directory of our own in that for temporary files; the undo record that removes it must be on the disk before.
 * @throws PreflightError where it cannot be made, or is there already
 */
export async function createMarkedDirectory(path: string, mark: string): Promise<void> {
  try {
    await makeMarked(path, mark);
  } catch (error) {
    throw new PreflightError(`cannot make the directory of the servers: ${messageOf(error)}`, {
      cause: error,
      hint: 'set TMPDIR to a directory that is there, has room, and that you may write to',
    });
  }
}

async function makeMarked(path: string, mark: string): Promise<void> {
  await mkdir(path);
  const file = await open(join(path, MARK_FILE), 'wx');
  try {
    await file.writeFile(mark);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Removes a directory that carries the mark. Returns what was done or found; throws for a directory that is not ours. */
export async function removeMarkedDirectory({ path, mark }: RemoveDirectory): Promise<string> {
  if (!isAbsolute(path)) throw new Error(`refused: ${path} is not an absolute path`);
  const kind = await lstat(path).catch(absent);
  if (kind === undefined) return 'it was not there';
  if (!kind.isDirectory()) throw new Error(`refused: ${path} is no directory`);
  const names = await readdir(path);
  const found = await readMark(join(path, MARK_FILE));
  const others = names.filter((name) => name !== MARK_FILE);
  // A crash may come between mkdir and the whole mark, but then there is nothing in the directory yet.
  const unfinished = others.length === 0 && (found === undefined || mark.startsWith(found));
  if (!unfinished && found !== mark) {
    throw new Error(
      `refused: ${path} ${found === undefined ? 'has no' : 'carries another mark in its'} ${MARK_FILE} file`,
    );
  }
  // The mark goes last, so that a removal that was cut short can be gone on with.
  for (const name of others) await rm(join(path, name), { recursive: true, force: true, maxRetries: 3 });
  if (found !== undefined) await unlink(join(path, MARK_FILE)).catch(absent);
  await rmdir(path).catch(absent);
  if ((await lstat(path).catch(absent)) !== undefined) throw new Error(`${path} is still there`);
  return 'removed';
}

/** Never through a link, which could lead to a directory that is not ours. */
async function readMark(path: string): Promise<string | undefined> {
  try {
    return (
      await readFile(path, { encoding: 'utf8', flag: constants.O_RDONLY | constants.O_NOFOLLOW })
    ).trim();
  } catch (error) {
    return absent(error);
  }
}

function absent(error: unknown): undefined {
  if (codeOf(error) === 'ENOENT') return undefined;
  throw error;
}
