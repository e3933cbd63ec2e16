import type { RestoreOpenFiles } from '../contracts/undo.js';
import { isAlive } from '../processes/identity.js';
import { readOpenFilesLimitOf, setOpenFilesLimit } from '../processes/open-files-limit.js';

/** Gives a process back the open files that it might have. Returns what was done or found; throws when it could not be. */
export async function restoreOpenFiles({ pid, startedAt, soft, hard }: RestoreOpenFiles): Promise<string> {
  const identity = { pid, startedAt };
  if (!isAlive(identity)) return 'the process has ended';
  const limit = { soft: soft ?? Number.POSITIVE_INFINITY, hard: hard ?? Number.POSITIVE_INFINITY };
  const now = readOpenFilesLimitOf(pid);
  if (now?.soft === limit.soft && now.hard === limit.hard) return 'it had its limit already';
  try {
    await setOpenFilesLimit(identity, limit);
  } catch (error) {
    if (!isAlive(identity)) return 'the process has ended';
    throw error;
  }
  return `process ${pid} may have ${limit.soft} files open again`;
}
