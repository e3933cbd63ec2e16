import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { mountAt, mountImage, unmount } from './mounts.js';
import { liftThrottle } from './write-throttle.js';

/**
 * What a loss of power does to a file system of ours in a file: what was written and had not reached the device is gone.
 * The kernel is told of an error, at which it stops writing at once, data and journal; what it had in memory goes with the
 * unmounting, and the journal is played as after any crash. Nobody may have a file open there. Rejects with what was said.
 */
export async function losePower(mountPoint: string, image: string): Promise<void> {
  const mount = await mountAt(mountPoint);
  if (mount?.type !== 'ext4') throw new Error(`${mountPoint} is not on a block device of its own`);
  await writeFile(`/sys/fs/ext4/${basename(mount.source)}/trigger_fs_error`, '1');
  // The loop device goes with the mount, and its next user would inherit what holds it back.
  await liftThrottle(mount.device);
  await unmount(mount.mountPoint);
  await mountImage(image, mountPoint);
}
