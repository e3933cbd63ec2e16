import type { LiftThrottle } from '../contracts/undo.js';
import { requireBelow, requireMarked } from '../processes/marked-place.js';
import { mountAt } from '../processes/mounts.js';
import { liftThrottle } from '../processes/write-throttle.js';

/** Takes the bounds off a device as long as it is ours: a volume that was unmounted was rid of them before. */
export async function liftThrottleOf({ device, mountPoint, root, mark }: LiftThrottle): Promise<string> {
  const mounted = await mountAt(mountPoint);
  if (mounted?.device !== device) return 'the volume is gone, and its bounds with it';
  await requireMarked(root, mark);
  await requireBelow(mountPoint, root);
  await liftThrottle(device);
  return `writing to ${device} is not bounded`;
}
