import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, PreflightError } from '../base/errors.js';
import type { VolumeKind } from '../contracts/stores.js';
import { mountLoop, mountTmpfs, unmountBelow } from '../processes/mounts.js';

/** Room for a minute of a modest load, and little enough to be filled at once. */
const SIZE_BYTES = 256 * 1024 ** 2;

export interface VolumesOptions {
  readonly workDir: string;
  readonly nodes: readonly string[];
  /** What the faults need; absent when it is only the scenario that asks for volumes. */
  readonly kind?: VolumeKind | undefined;
  /** Absent when it is only the faults that need volumes. */
  readonly sizeBytes?: number | undefined;
}

/** The file that a node's volume is in, where it is behind a loop device. */
export const imageOf = (workDir: string, node: string): string => join(workDir, `${node}.img`);

/**
 * Mounts a volume of our own where each node's store goes, if anybody asks for it; `unmount-volumes` undoes it. Returns
 * the mount points. Throws a PreflightError with what mount said; nothing is mounted then.
 */
export async function mountVolumes(options: VolumesOptions): Promise<readonly string[]> {
  const { workDir, nodes, kind = 'tmpfs', sizeBytes = SIZE_BYTES } = options;
  if (options.kind === undefined && options.sizeBytes === undefined) return [];
  const mounted: string[] = [];
  try {
    for (const node of nodes) {
      const store = join(workDir, node);
      await mkdir(store, { recursive: true });
      if (kind === 'tmpfs') await mountTmpfs(store, sizeBytes);
      else await mountLoop(imageOf(workDir, node), store, sizeBytes);
      mounted.push(store);
    }
    return mounted;
  } catch (error) {
    for (const store of mounted) await unmountBelow(store);
    throw new PreflightError(`no volume can be mounted for the stores: ${messageOf(error)}`, {
      cause: error,
      hint: 'mounting needs root; `storage-limit` reaches a limit of JetStream without it',
    });
  }
}
