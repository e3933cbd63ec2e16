import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../base/errors.js';
import type { WriteThrottle } from '../contracts/stores.js';

/**
 * The first version of control groups throttles a block device in each group; its root group takes what servers that
 * were never moved write, and the file system's own threads for them.
 */
export const THROTTLE_DIRECTORY = '/sys/fs/cgroup/blkio';
const FILES = {
  bytesPerSec: join(THROTTLE_DIRECTORY, 'blkio.throttle.write_bps_device'),
  writesPerSec: join(THROTTLE_DIRECTORY, 'blkio.throttle.write_iops_device'),
} as const;
type Bound = keyof typeof FILES;
const BOUNDS = Object.keys(FILES) as Bound[];

/** Bounds what is written to a block device (`7:0`), beside the bounds that it has. Rejects with what the kernel says. */
export async function setThrottle(device: string, throttle: WriteThrottle): Promise<void> {
  for (const bound of BOUNDS) {
    const value = throttle[bound];
    if (value !== undefined) await writeFile(FILES[bound], `${device} ${Math.max(1, Math.round(value))}`);
  }
}

/** What holds now; an empty object where nothing does. */
export async function readThrottle(device: string): Promise<WriteThrottle> {
  const bounds = await Promise.all(
    BOUNDS.map(async (bound) => {
      const text = await readFile(FILES[bound], 'utf8').catch((error: unknown) => {
        if (codeOf(error) === 'ENOENT') return '';
        throw error;
      });
      const line = text.split('\n').find((each) => each.startsWith(`${device} `));
      return line === undefined ? {} : { [bound]: Number(line.slice(device.length + 1)) };
    }),
  );
  return Object.assign({}, ...bounds);
}

/** Takes every bound off the device and verifies it. Idempotent. */
export async function liftThrottle(device: string): Promise<void> {
  const held = Object.keys(await readThrottle(device)) as Bound[];
  // 0 is the kernel's word for no bound.
  for (const bound of held) await writeFile(FILES[bound], `${device} 0`);
  const left = Object.keys(await readThrottle(device));
  if (left.length > 0) throw new Error(`writing to the device ${device} is still bounded`);
}
