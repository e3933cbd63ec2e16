import { codeOf, type ExitName, messageOf, StormglassError } from './errors.js';

const HINTS: Record<string, string> = {
  ENOSPC: 'free some space on that file system, or choose another place with --out',
  EDQUOT: 'free some of your quota, or choose another place with --out',
  EFBIG: 'raise the limit on the size of files (ulimit -f), or choose another place with --out',
  EACCES: 'make it writable, or choose another place with --out',
  EPERM: 'make it writable, or choose another place with --out',
  EROFS: 'that file system is read-only: choose another place with --out',
};

/** What a file under --out that could not be written ends with: names the file, and says what helps. */
export function writeFailure(file: string, cause: unknown, exit: ExitName = 'unexpected'): StormglassError {
  if (cause instanceof StormglassError) return cause;
  const hint = HINTS[codeOf(cause) ?? ''];
  return new StormglassError(exit, `cannot write ${file}: ${messageOf(cause)}`, {
    cause,
    ...(hint !== undefined && { hint }),
  });
}
