import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { isAbsolute, join, relative } from 'node:path';
import { codeOf } from '../base/errors.js';

/** The file by which stormglass knows a directory as its own. */
export const MARK_FILE = '.stormglass-run';

/** Rejects unless the directory holds the mark; never looks through a link, which could lead to what is not ours. */
export async function requireMarked(root: string, mark: string): Promise<void> {
  if (!isAbsolute(root)) throw new Error(`refused: ${root} is not an absolute path`);
  const found = await readMark(join(root, MARK_FILE));
  if (found === mark && mark !== '') return;
  const why =
    found === undefined ? `has no ${MARK_FILE} file` : `carries another mark in its ${MARK_FILE} file`;
  throw new Error(`refused: ${root} ${why}`);
}

/** Rejects for a path that is not below the directory, also where it only leads out of it through a link. */
export async function requireBelow(path: string, root: string): Promise<void> {
  const place = relative(await realpath(root), await realNameOf(path));
  if (place === '' || place.startsWith('..') || isAbsolute(place)) {
    throw new Error(`refused: ${path} is not below ${root}`);
  }
}

/** Where the path leads to, itself or what there is of its parents; a link at its end is not followed. */
async function realNameOf(path: string): Promise<string> {
  const parent = join(path, '..');
  try {
    return join(await realpath(parent), relative(parent, path));
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' || parent === path) throw error;
    return join(await realNameOf(parent), relative(parent, path));
  }
}

async function readMark(path: string): Promise<string | undefined> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      return (await file.readFile('utf8')).trim();
    } finally {
      await file.close();
    }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
