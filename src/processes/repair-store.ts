import { rm } from 'node:fs/promises';
import type { StoreRepair } from '../contracts/stores.js';
import { putBack } from './directory-copy.js';
import { requireBelow, requireMarked } from './marked-place.js';

/**
 * Removes and puts back files of a server that is down; all of them lie below a directory that holds the mark. Rejects
 * for any other before it touches one. Idempotent. Returns what was done, for people.
 */
export async function repairStore(
  root: string,
  mark: string,
  { remove, restore }: StoreRepair,
): Promise<string> {
  await requireMarked(root, mark);
  for (const path of [...remove, ...restore.flatMap(({ from, to }) => [from, to])]) {
    await requireBelow(path, root);
  }
  for (const path of remove) await rm(path, { recursive: true, force: true, maxRetries: 3 });
  let restored = 0;
  for (const { from, to } of restore) if (await putBack(from, to)) restored++;
  return [remove.length > 0 && `${remove.length} removed`, restore.length > 0 && `${restored} put back`]
    .filter(Boolean)
    .join(', ');
}
