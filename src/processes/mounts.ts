import { execFile } from 'node:child_process';
import { open, readFile, realpath } from 'node:fs/promises';
import { platform } from 'node:process';
import { promisify } from 'node:util';
import { codeOf, messageOf } from '../base/errors.js';
import { waitFor } from '../base/wait.js';
import { liftThrottle } from './write-throttle.js';

/** Where the system keeps the programs that mount; the user's own PATH has no say in what runs with privileges. */
export const SYSTEM_PATHS = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'];
const PROGRAM_TAKES_MS = 30_000;
/** A server that was just killed lets go of its files a moment later. */
const BUSY_FOR_MS = 5_000;
const OPTIONS = 'nosuid,nodev,noexec';
/** A file system that meets an error stops, so that one that is told to have one loses its power: see power-loss. */
const LOOP_OPTIONS = `loop,errors=remount-ro,${OPTIONS}`;

export interface Mount {
  readonly mountPoint: string;
  /** `ext4`, `tmpfs`. */
  readonly type: string;
  /** `7:0`. */
  readonly device: string;
  /** `/dev/loop0`. */
  readonly source: string;
}

/** Mounts memory of bounded size. @throws Error with what mount said */
export async function mountTmpfs(path: string, sizeBytes: number): Promise<void> {
  const options = `size=${sizeBytes},mode=0700,${OPTIONS}`;
  await runProgram('mount', ['-t', 'tmpfs', '-o', options, 'stormglass', path]);
}

/** Makes a file system in a file, and mounts it through a loop device that goes with the mount. @throws Error with what was said */
export async function mountLoop(image: string, path: string, sizeBytes: number): Promise<void> {
  const file = await open(image, 'w', 0o600);
  try {
    await file.truncate(sizeBytes);
  } finally {
    await file.close();
  }
  // -m 0: nothing is kept back for root, who would otherwise not notice that it is full.
  await runProgram('mkfs.ext4', ['-q', '-F', '-m', '0', image]);
  await mountImage(image, path);
}

/** Mounts a file system that is in a file already, by its journal as after a crash. @throws Error with what mount said */
export async function mountImage(image: string, path: string): Promise<void> {
  await runProgram('mount', ['-t', 'ext4', '-o', LOOP_OPTIONS, image, path]);
}

/** What is mounted at or below a directory, in the order in which it was mounted. */
export async function mountsBelow(root: string): Promise<Mount[]> {
  const place = await realpath(root).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (place === undefined || platform !== 'linux') return [];
  const table = await readFile('/proc/self/mountinfo', 'utf8');
  return table
    .split('\n')
    .filter((line) => line !== '')
    .map(readMount)
    .filter(({ mountPoint }) => mountPoint === place || mountPoint.startsWith(`${place}/`));
}

/** The last of the file systems mounted exactly there, which hides the others. */
export async function mountAt(path: string): Promise<Mount | undefined> {
  const place = await realpath(path).catch(() => path);
  return (await mountsBelow(path)).findLast(({ mountPoint }) => mountPoint === place);
}

/**
 * Unmounts everything at or below a directory, the last first, and verifies that nothing is left. Never lazily: what is
 * still in use would live on unseen. Returns how many there were; rejects when one stays in use.
 */
export async function unmountBelow(root: string): Promise<number> {
  let unmounted = 0;
  for (let mounts = await mountsBelow(root); mounts.length > 0; mounts = await mountsBelow(root)) {
    const { mountPoint, type, device } = mounts.at(-1) as Mount;
    // The loop device outlives the mount, and its next user would inherit what holds it back.
    if (type !== 'tmpfs') await liftThrottle(device);
    await unmount(mountPoint);
    unmounted++;
  }
  return unmounted;
}

/** Unmounts the last file system mounted exactly there; rejects when it stays in use. */
export async function unmount(mountPoint: string): Promise<void> {
  const before = (await mountsBelow(mountPoint)).length;
  let said = '';
  const gone = await waitFor(
    async () => {
      said = await runProgram('umount', [mountPoint]).then(() => '', messageOf);
      return (await mountsBelow(mountPoint)).length < before;
    },
    { timeoutMs: BUSY_FOR_MS, everyMs: 200 },
  );
  if (!gone) throw new Error(said || `${mountPoint} is still mounted`);
}

/** @throws Error with what the program said */
export async function runProgram(program: string, args: readonly string[]): Promise<void> {
  try {
    await promisify(execFile)(program, args, {
      timeout: PROGRAM_TAKES_MS,
      env: { PATH: SYSTEM_PATHS.join(':'), LC_ALL: 'C' },
    });
  } catch (error) {
    const said =
      typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr).trim() : '';
    throw new Error(said || `${program}: ${messageOf(error)}`, { cause: error });
  }
}

/** `42 27 7:0 / /tmp/x rw,relatime - ext4 /dev/loop0 rw`: between the fifth field and the dash stand any number. */
function readMount(line: string): Mount {
  const fields = line.split(' ');
  const [, , device, , mountPoint] = fields as [string, string, string, string, string];
  return {
    device,
    mountPoint: mountPoint.replace(/\\([0-7]{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    ),
    type: fields[fields.indexOf('-') + 1] as string,
    source: fields[fields.indexOf('-') + 2] as string,
  };
}
