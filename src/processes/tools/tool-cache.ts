import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { arch, platform } from 'node:process';
import { pipeline } from 'node:stream/promises';
import { codeOf } from '../../base/errors.js';
import { freshId } from '../../base/ids.js';
import { makeDirectory } from '../../base/make-directory.js';
import { ownerOf, ownerSuffix } from '../claim.js';
import { isAlive } from '../identity.js';
import type { ToolSource } from './tool-source.js';
import type { ToolSpec } from './tool-spec.js';

const TEMPORARY = '.making-';
const PAPERS = 'tool.json';

/** What is written beside a cached program. */
interface Papers {
  readonly version: string;
  readonly sha256: string;
  /** `go1.26.8` */
  readonly madeWith: string;
}

export const toolsFolder = (cacheDir: string): string => join(cacheDir, 'tools');

/** `nats-server-2.15.2-linux-x64` */
export const entryName = (tool: ToolSpec): string => `${tool.name}-${tool.version}-${platform}-${arch}`;

/** What was provided before, if its bytes are still those. */
export const cacheSource: ToolSource = {
  name: 'cache',
  async provide(tool, { cacheDir }) {
    const entry = join(toolsFolder(cacheDir), entryName(tool));
    const path = join(entry, tool.program);
    try {
      const papers = JSON.parse(await readFile(join(entry, PAPERS), 'utf8')) as Papers;
      if ((await sha256Of(path)) !== papers.sha256) return { missing: `${path} is damaged` };
      return { name: tool.name, version: papers.version, path, source: this.name, verified: 'checksum' };
    } catch (error) {
      return { missing: codeOf(error) === 'ENOENT' ? 'not in the cache' : `${path} cannot be read` };
    }
  },
};

/** A place in the cache's own file system where a tool is made; it carries its owner in its name. */
export interface Workshop extends AsyncDisposable {
  /** Where the finished program goes. */
  readonly program: string;
  /** For the maker's own temporary files. */
  readonly scratch: string;
  /** Puts the finished program into the cache in one step. */
  finish(madeWith: string): Promise<void>;
}

export async function openWorkshop(tool: ToolSpec, cacheDir: string): Promise<Workshop> {
  const folder = toolsFolder(cacheDir);
  const directory = join(folder, `${TEMPORARY}${entryName(tool)}-${freshId()}.${ownerSuffix()}`);
  const product = join(directory, 'product');
  const scratch = join(directory, 'scratch');
  const program = join(product, tool.program);
  makeDirectory(directory);
  await mkdir(product);
  await mkdir(scratch);
  return {
    program,
    scratch,
    finish: async (madeWith) => {
      const papers: Papers = { version: tool.version, sha256: await sha256Of(program), madeWith };
      await writeFile(join(product, PAPERS), `${JSON.stringify(papers, null, 2)}\n`);
      const entry = join(folder, entryName(tool));
      // What stands there is damaged, or we would have used it. A directory is only replaced by way of another name.
      await rename(entry, join(directory, 'damaged')).catch((error) => {
        if (codeOf(error) !== 'ENOENT') throw error;
      });
      await rename(product, entry);
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/** Removes what makers have left that died at their work. */
export async function clearAbandonedWorkshops(cacheDir: string): Promise<void> {
  const folder = toolsFolder(cacheDir);
  for (const name of await readdir(folder).catch(() => [])) {
    const owner = name.startsWith(TEMPORARY) ? ownerOf(name) : undefined;
    if (owner === undefined || isAlive(owner)) continue;
    // A compiler that outlived its maker may still write here; the next one clears it then.
    await rm(join(folder, name), { recursive: true, force: true }).catch(() => {});
  }
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
