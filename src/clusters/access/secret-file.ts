import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, messageOf } from '../../base/errors.js';

/** Where the files and variables of a user are looked for. */
export interface UserPlace {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Read where it is needed alone: there may be none, and reading it throws then. */
  readonly home: string;
}

/** `~/x` → that of the user. */
export const expandHome = (path: string, place: UserPlace): string =>
  path === '~' || path.startsWith('~/') ? join(place.home, path.slice(1)) : path;

/** The text of a small file; throws an error whose message says which file and why not. */
export function readTextFile(path: string, place: UserPlace): string {
  const file = expandHome(path, place);
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`${file} ${whyUnreadable(error)}`, { cause: error });
  }
}

function whyUnreadable(error: unknown): string {
  switch (codeOf(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'is not there';
    case 'EACCES':
    case 'EPERM':
      return 'may not be read';
    case 'EISDIR':
      return 'is a directory';
    default:
      return `cannot be read: ${messageOf(error)}`;
  }
}
