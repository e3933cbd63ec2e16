import { homedir } from 'node:os';
import { messageOf, PreflightError } from '../base/errors.js';

/**
 * The user's home by HOME, else by the system's list of users.
 * @throws PreflightError with that hint where neither knows one, as for the user of a container who has no entry in /etc/passwd
 */
export function homeDirectory(
  env: Readonly<Record<string, string | undefined>>,
  hint: string,
  listed: () => string = homedir,
): string {
  let why = 'the system names none for this user';
  try {
    const home = env.HOME || listed();
    if (home !== '') return home;
  } catch (error) {
    why = messageOf(error);
  }
  throw new PreflightError(`HOME is not set, and no other home directory is known (${why})`, { hint });
}
