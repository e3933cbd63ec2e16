import type { UserPlace } from '../clusters/access/secret-file.js';
import { homeDirectory } from './home-directory.js';

/** Where a user's files are, by their environment. Who names none of them needs no home: it is looked for when it is read. */
export function userPlace(env: UserPlace['env'] = {}): UserPlace {
  return {
    env,
    get home() {
      return homeDirectory(env, 'set HOME, or name files by their whole paths');
    },
  };
}
