import { NS } from '../base/clock.js';
import { messageOf } from '../base/errors.js';
import { formatByteRate, formatDuration, formatRate } from '../base/units.js';
import { withDeadline } from '../base/wait.js';
import type { Fault, FaultContext, FaultKind, FaultStage } from '../contracts/fault.js';
import type { WriteThrottle } from '../contracts/stores.js';
import { evidenceOf, type HeldLook } from './held-looks.js';
import { type SlowDiskParams, slowDiskSchema } from './slow-disk-schema.js';
import { storesOf } from './stores-of.js';

const KIB = 1024;
/** What is written to see how fast the disk is should take about this long on one that is held back. */
const PROBE_MS = 300;
/** The server's own writes wait in the same queue: a look does not wait for all of them. */
const LOOK_TAKES_MS = 10_000;

/** Bounds what can be written to the block device under a node's store: its flushes wait, and so does who asked for them. */
export const slowDisk = {
  kind: 'slow-disk',
  summary: "holds back what is written to the disk of a node's store",
  needs: ['stores', 'block-volumes'],
  claims: ['store'],
  schema: slowDiskSchema,
  findLack: async (_params, machine) =>
    (await machine.findVolumeLack('loop')) ?? (await machine.findThrottleLack()),
  create: (params) => slowing(params as SlowDiskParams),
} satisfies FaultKind & { readonly schema: typeof slowDiskSchema };

function slowing({ writes, throughput }: SlowDiskParams): Fault {
  const throttle: WriteThrottle = {
    ...(writes !== undefined && { writesPerSec: writes }),
    ...(throughput !== undefined && { bytesPerSec: throughput }),
  };
  const probe = probeOf(throttle);

  const lookAtBound = async (
    { cluster }: FaultContext,
    name: string,
    stage: FaultStage,
  ): Promise<HeldLook> => {
    const at = `${name} bound on writing`;
    try {
      const held = await storesOf(cluster).lookAtThrottle(name);
      const isBound = held.writesPerSec !== undefined || held.bytesPerSec !== undefined;
      return {
        at,
        saw: isBound ? `the kernel says ${say(held)}` : 'none',
        holds: isBound === (stage === 'during'),
      };
    } catch (error) {
      return { at, saw: messageOf(error), holds: false };
    }
  };

  const lookAtWrites = async (
    { cluster }: FaultContext,
    name: string,
    stage: FaultStage,
  ): Promise<HeldLook> => {
    const { bytes, times, atLeastMs } = probe;
    const at = `${name} ${times} ${times === 1 ? 'write' : 'writes'} of ${bytes / KIB} KiB with fsync`;
    const isSlow = stage === 'during';
    try {
      const tookMs = await withDeadline(
        storesOf(cluster).timeWrites(name, probe),
        LOOK_TAKES_MS,
        'writing beside the store',
      );
      return { at, saw: `took ${formatDuration(tookMs * NS.ms)}`, holds: tookMs >= atLeastMs === isSlow };
    } catch (error) {
      return { at, saw: messageOf(error), holds: isSlow && /took longer than/.test(messageOf(error)) };
    }
  };

  return {
    prepare: ({ cluster, targets }) =>
      Promise.all(targets.map(({ name }) => storesOf(cluster).throttleRecord(name))),

    async inject({ cluster, targets }) {
      for (const { name } of targets) await storesOf(cluster).throttle(name, throttle);
    },

    async observe(context, stage) {
      const looks = context.targets.map(async ({ name }) => [
        await lookAtBound(context, name, stage),
        await lookAtWrites(context, name, stage),
      ]);
      return evidenceOf((await Promise.all(looks)).flat());
    },
  };
}

/** What to write to tell a disk that is held back from one that is not: it takes at least so long on the one. */
function probeOf({ writesPerSec, bytesPerSec = 0 }: WriteThrottle): {
  readonly bytes: number;
  readonly times: number;
  readonly atLeastMs: number;
} {
  if (writesPerSec !== undefined) {
    const times = Math.max(1, Math.ceil((writesPerSec * PROBE_MS) / 1000));
    return { bytes: 4 * KIB, times, atLeastMs: (times / writesPerSec) * 1000 };
  }
  const bytes = Math.ceil((bytesPerSec * PROBE_MS) / 1000 / KIB) * KIB;
  // The kernel lets through at once what would have been let through in a tenth of a second.
  return { bytes, times: 1, atLeastMs: PROBE_MS - 120 };
}

function say({ writesPerSec, bytesPerSec }: WriteThrottle): string {
  return [
    writesPerSec !== undefined && `${formatRate(writesPerSec)} writes`,
    bytesPerSec !== undefined && formatByteRate(bytesPerSec),
  ]
    .filter(Boolean)
    .join(', ');
}
