import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { platform } from 'node:process';
import type { ProcessIdentity } from '../contracts/cluster.js';

/** Whether the process was started with this argument, as a whole; false when it is gone or cannot be looked at. */
export function hasArgument({ pid }: ProcessIdentity, argument: string): boolean {
  try {
    if (platform === 'linux')
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(argument);
    const line = execFileSync('/bin/ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
    return ` ${line.trim()} `.includes(` ${argument} `);
  } catch {
    return false;
  }
}
