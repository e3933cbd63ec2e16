import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf } from '../base/errors.js';
import type { FileDamage, FileLook } from '../contracts/stores.js';
import { copyWhole } from './copy-whole.js';

/** Copies a file, damages the original, and reads both back from the disk. */
export async function damageFile(
  path: string,
  damage: FileDamage,
  copyTo: string,
): Promise<{ readonly before: FileLook; readonly after: FileLook }> {
  await mkdir(dirname(copyTo), { recursive: true });
  await copyWhole(path, copyTo);
  const before = await lookAtFile(copyTo);
  const file = await open(path, 'r+');
  try {
    if ('truncateTo' in damage) await file.truncate(damage.truncateTo);
    else await flip(file, damage.flipBits);
    await file.sync();
  } finally {
    await file.close();
  }
  const after = await lookAtFile(path);
  if (before === undefined || after === undefined) throw new Error(`${path} went away while it was damaged`);
  return { before, after };
}

/** Size and checksum of a file; `undefined` when there is none. */
export async function lookAtFile(path: string): Promise<FileLook | undefined> {
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(path)) {
      hash.update(chunk as Buffer);
      bytes += (chunk as Buffer).length;
    }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  return { bytes, sha256: hash.digest('hex') };
}

async function flip(file: Awaited<ReturnType<typeof open>>, bits: readonly number[]): Promise<void> {
  const byte = Buffer.alloc(1);
  for (const bit of bits) {
    const at = Math.floor(bit / 8);
    const { bytesRead } = await file.read(byte, 0, 1, at);
    // The file may have been cut meanwhile, where it is damaged under a server that runs.
    if (bytesRead === 0) continue;
    byte[0] = (byte[0] as number) ^ (1 << (bit % 8));
    await file.write(byte, 0, 1, at);
  }
}
