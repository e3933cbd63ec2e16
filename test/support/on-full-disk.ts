import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/**
 * Runs Node with these arguments where no file may have more than so many blocks of 512 bytes: the limit stops a write
 * half-way, as a full disk does. Returns what it printed.
 */
export async function onFullDisk(blocks: number, args: readonly string[]): Promise<string> {
  const command = `ulimit -f ${blocks} && exec "$0" "$@"`;
  const { stdout } = await promisify(execFile)('sh', ['-c', command, process.execPath, ...args]);
  return stdout;
}
