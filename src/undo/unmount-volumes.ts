import { lstat } from 'node:fs/promises';
import { codeOf } from '../base/errors.js';
import type { UnmountVolumes } from '../contracts/undo.js';
import { requireMarked } from '../processes/marked-place.js';
import { mountsBelow, unmountBelow } from '../processes/mounts.js';

/** Unmounts what is mounted at or below a directory of ours. Returns what was done; rejects for a directory that is not ours. */
export async function unmountVolumes({ root, mark }: UnmountVolumes): Promise<string> {
  const isThere = await lstat(root).then(
    () => true,
    (error: unknown) => {
      if (codeOf(error) === 'ENOENT') return false;
      throw error;
    },
  );
  if (!isThere || (await mountsBelow(root)).length === 0) return 'nothing was mounted';
  await requireMarked(root, mark);
  return `unmounted ${await unmountBelow(root)}`;
}
