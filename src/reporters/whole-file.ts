import { open, rename, rm } from 'node:fs/promises';
import { writeFailure } from '../base/write-failure.js';

/**
 * Writes a file that is there whole or not at all: under another name first, flushed to the disk, then renamed.
 * @throws StormglassError naming the file; what was written of it is gone then, and an older one still stands
 */
export async function writeWholeFile(file: string, text: string): Promise<void> {
  const partial = `${file}.partial`;
  try {
    const handle = await open(partial, 'w');
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true }).catch(() => undefined);
    throw writeFailure(file, error);
  }
}
