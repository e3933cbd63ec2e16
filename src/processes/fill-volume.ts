import { open, statfs } from 'node:fs/promises';
import { codeOf } from '../base/errors.js';
import { runProgram } from './mounts.js';

const BLOCK = 4096;

/** What a file system has left for root, who has none kept back for him on a volume of ours. */
export async function freeBytesOf(
  path: string,
): Promise<{ readonly sizeBytes: number; readonly freeBytes: number }> {
  const { blocks, bfree, bsize } = await statfs(path);
  return { sizeBytes: blocks * bsize, freeBytes: bfree * bsize };
}

/**
 * Makes a file grow until so much is left on its file system; 0 until not a block more can be had. The file is there,
 * whatever comes between.
 */
export async function fillVolume(volume: string, balloon: string, leftBytes: number): Promise<void> {
  const file = await open(balloon, 'a');
  try {
    const { freeBytes } = await freeBytesOf(volume);
    const wanted = Math.floor((freeBytes - leftBytes) / BLOCK) * BLOCK;
    if (wanted > 0) {
      const had = (await file.stat()).size;
      // Takes the blocks without writing them. The file system needs some for its own books: the last are written.
      await runProgram('fallocate', ['-o', String(had), '-l', String(wanted), balloon]).catch((error) => {
        if (leftBytes > 0) throw error;
      });
    }
    if (leftBytes === 0) await writeUntilFull(file);
  } finally {
    await file.close();
  }
}

async function writeUntilFull(file: Awaited<ReturnType<typeof open>>): Promise<void> {
  for (const size of [64 * BLOCK, BLOCK]) {
    const zeros = Buffer.alloc(size);
    for (let isFull = false; !isFull; ) {
      try {
        const { bytesWritten } = await file.write(zeros);
        isFull = bytesWritten < size;
      } catch (error) {
        if (codeOf(error) !== 'ENOSPC') throw error;
        isFull = true;
      }
    }
  }
}
