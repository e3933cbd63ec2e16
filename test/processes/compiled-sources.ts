import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

export interface CompiledSources extends AsyncDisposable {
  /** `file:///…/processes/port-lease.js`, for an import in a child process. */
  url(path: string): string;
}

/** Source files as JavaScript in a directory of their own: a child process cannot run what vitest transforms. */
export async function compileSources(...files: readonly string[]): Promise<CompiledSources> {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const directory = await mkdtemp(join(tmpdir(), 'stormglass-compiled-'));
  await writeFile(join(directory, 'package.json'), '{"type":"module"}');
  // What is compiled finds its packages as it does in place.
  await symlink(join(root, 'node_modules'), join(directory, 'node_modules'));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const options = ['--module', 'nodenext', '--target', 'es2023', '--skipLibCheck', '--types', 'node'];
  await promisify(execFile)(
    process.execPath,
    [
      tsc,
      '--ignoreConfig',
      ...options,
      '--rootDir',
      'src',
      '--outDir',
      directory,
      ...files.map((f) => `src/${f}`),
    ],
    { cwd: root },
  );
  return {
    url: (path) => pathToFileURL(join(directory, path)).href,
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}
