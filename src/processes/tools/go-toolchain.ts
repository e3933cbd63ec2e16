import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf } from '../../base/errors.js';
import { findProgram } from './find-program.js';
import type { Absence, ToolContext } from './tool-source.js';
import type { ToolSpec } from './tool-spec.js';
import { isAtLeast } from './tool-version.js';

export interface GoToolchain {
  readonly program: string;
  /** `go1.26.8` */
  readonly version: string;
}

/** The first release that fetches a newer one when a module asks for it. */
const FETCHES_NEWER = '1.21.0';

/** A Go toolchain that can build the tool, or why there is none. */
export async function findGoToolchain(
  tool: ToolSpec,
  { path, env }: ToolContext,
): Promise<GoToolchain | Absence> {
  const program = findProgram('go', path);
  if (program === undefined) return { missing: 'no Go toolchain on the PATH' };
  const ask = async (args: readonly string[], extra: Record<string, string> = {}): Promise<string> =>
    (
      await promisify(execFile)(program, args, { timeout: 30_000, env: { ...env, PATH: path, ...extra } })
    ).stdout.trim();
  try {
    const needed = /^go (\S+)$/m.exec(await readFile(join(tool.directory, 'go.mod'), 'utf8'))?.[1] ?? '1.0';
    const version = /\bgo(\d+(?:\.\d+)+\S*)/.exec(await ask(['version'], { GOTOOLCHAIN: 'local' }))?.[1];
    if (version === undefined) return { missing: `${program} does not tell its version` };
    if (!isAtLeast(version, needed)) {
      const older = `${program} is Go ${version}, and ${tool.name} is built with ${needed} or later`;
      if (!isAtLeast(version, FETCHES_NEWER)) return { missing: older };
      if ((await ask(['env', 'GOTOOLCHAIN'])) === 'local')
        return { missing: `${older} (GOTOOLCHAIN=local keeps it from fetching it)` };
    }
    return { program, version: `go${version}` };
  } catch (error) {
    return { missing: `${program} does not work: ${messageOf(error)}` };
  }
}
