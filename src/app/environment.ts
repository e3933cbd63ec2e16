import { execFile } from 'node:child_process';
import { arch, cpus, platform, release, totalmem } from 'node:os';
import { promisify } from 'node:util';
import type { Environment } from '../contracts/run-result.js';
import { VERSION } from './version.js';

/** What a run ran on: kept in its plan, so that two reports can be told apart. */
export async function describeEnvironment(): Promise<Environment> {
  const gitRevision = await currentGitRevision();
  return {
    stormglass: VERSION,
    node: process.version,
    platform: `${platform()} ${release()} ${arch()}`,
    cpus: cpus().length,
    memoryBytes: totalmem(),
    ...(gitRevision !== undefined && { gitRevision }),
  };
}

/** The commit of the working directory, marked when it was changed since; undefined outside a checkout, or without git. */
async function currentGitRevision(): Promise<string | undefined> {
  const git = async (...args: string[]): Promise<string> =>
    (await promisify(execFile)('git', args, { timeout: 5_000 })).stdout.trim();
  try {
    const revision = await git('rev-parse', '--short=12', 'HEAD');
    return (await git('status', '--porcelain', '--untracked-files=no')) === ''
      ? revision
      : `${revision} (changed)`;
  } catch {
    return undefined;
  }
}
