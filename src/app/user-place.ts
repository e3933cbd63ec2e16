import { homedir } from 'node:os';
import type { UserPlace } from '../clusters/access/secret-file.js';

/** Where a user's files are, by their environment. */
export function userPlace(env: UserPlace['env'] = {}): UserPlace {
  return { env, home: env.HOME || homedir() };
}
