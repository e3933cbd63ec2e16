import { access, constants, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { platform } from 'node:process';
import type { FaultLack } from '../contracts/fault.js';
import type { VolumeKind } from '../contracts/stores.js';
import { SYSTEM_PATHS } from './mounts.js';
import { THROTTLE_DIRECTORY } from './write-throttle.js';

const CAP_SYS_ADMIN = 21n;
const PROGRAMS: Record<VolumeKind, readonly string[]> = {
  tmpfs: ['mount', 'umount', 'fallocate'],
  loop: ['mount', 'umount', 'fallocate', 'mkfs.ext4'],
};

/** Why no volume of our own can be mounted here; `undefined` where nothing speaks against it. */
export async function findVolumeLack(kind: VolumeKind): Promise<FaultLack | undefined> {
  if (platform !== 'linux') {
    return { what: 'a store volume of our own needs Linux', hint: 'run it on a Linux machine, as root' };
  }
  if (!(await mayMount())) {
    return {
      what: 'mounting a store volume needs root (CAP_SYS_ADMIN)',
      hint: 'run stormglass as root, in a container with --privileged',
    };
  }
  const missing = await filterAsync(PROGRAMS[kind], async (program) => !(await hasSystemProgram(program)));
  if (missing.length > 0) {
    return {
      what: `there is no ${missing.join(', ')} in ${SYSTEM_PATHS.join(', ')}`,
      hint: 'install the packages that have them: util-linux, e2fsprogs',
    };
  }
  if (kind === 'loop' && !(await isThere('/dev/loop-control'))) {
    return { what: 'this machine has no loop devices', hint: 'load the kernel module: modprobe loop' };
  }
  return undefined;
}

const FILE_SYSTEMS = '/sys/fs/ext4';

/** Why a file system of ours cannot be made to lose its power here, beside what mounting one takes. */
export async function findPowerLossLack(): Promise<FaultLack | undefined> {
  if (await isThere(FILE_SYSTEMS, constants.W_OK)) return undefined;
  return {
    what: `the kernel's ext4 cannot be told of an error: ${FILE_SYSTEMS} is not there, or not writable`,
    hint: 'run it where /sys is writable: on a machine, or in a container with --privileged',
  };
}

/** Why writing to a block device cannot be throttled here, beside what mounting one takes. */
export async function findThrottleLack(): Promise<FaultLack | undefined> {
  const bound = await isThere(join(THROTTLE_DIRECTORY, 'blkio.throttle.write_bps_device'));
  const groups = await readFile('/proc/self/cgroup', 'utf8').catch(() => '');
  const inRoot = groups.split('\n').some((line) => /^\d+:([^:]*,)?blkio(,[^:]*)?:\/$/.test(line));
  if (bound && inRoot) return undefined;
  return {
    what: bound
      ? 'stormglass runs in a blkio control group of its own, and only the root group of the machine is throttled'
      : `the kernel's blkio controller (control groups, version 1) is not mounted at ${THROTTLE_DIRECTORY}`,
    hint: 'run it where the blkio controller is, in its root group; slowing a disk by io.max (version 2) or device-mapper is not supported',
  };
}

async function mayMount(): Promise<boolean> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  return effective !== undefined && ((BigInt(`0x${effective}`) >> CAP_SYS_ADMIN) & 1n) === 1n;
}

async function hasSystemProgram(program: string): Promise<boolean> {
  const found = await filterAsync(SYSTEM_PATHS, (directory) =>
    isThere(join(directory, program), constants.X_OK),
  );
  return found.length > 0;
}

const isThere = (path: string, mode: number = constants.F_OK): Promise<boolean> =>
  access(path, mode).then(
    () => true,
    () => false,
  );

async function filterAsync<T>(items: readonly T[], keep: (item: T) => Promise<boolean>): Promise<T[]> {
  const kept = await Promise.all(items.map(keep));
  return items.filter((_, i) => kept[i]);
}
