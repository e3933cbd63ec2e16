import { copyFile, rename, rm } from 'node:fs/promises';

/**
 * Copies a file with its mode. The copy has its name only when it is whole: whoever puts it back later, after a disk that
 * ran full or a kill in the middle, never puts back a part. Rejects with what the system said; there is no copy then.
 */
export async function copyWhole(from: string, to: string): Promise<void> {
  const part = `${to}.part`;
  try {
    await copyFile(from, part);
    await rename(part, to);
  } catch (error) {
    await rm(part, { force: true }).catch(() => {});
    throw error;
  }
}
