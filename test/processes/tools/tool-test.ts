import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { findProgram } from '../../../src/processes/tools/find-program.js';
import type { ToolContext } from '../../../src/processes/tools/tool-source.js';
import { temporaryDirectory } from '../temporary-directory.js';

export interface ToolTest extends AsyncDisposable {
  readonly directory: string;
  readonly cacheDir: string;
  /** What was said to people. */
  readonly said: string[];
  /** A cache of its own and an empty PATH, but for what is told. */
  context(over?: Partial<ToolContext>): ToolContext;
  /** An executable shell script in a folder of its own; returns the folder, for a PATH. */
  program(name: string, script: string): Promise<string>;
}

export async function toolTest(): Promise<ToolTest> {
  const place = await temporaryDirectory();
  const said: string[] = [];
  const cacheDir = join(place.path, 'cache');
  let folders = 0;
  return {
    directory: place.path,
    cacheDir,
    said,
    context: (over = {}) => ({
      cacheDir,
      path: '',
      env: process.env,
      progress: (line) => said.push(line),
      signal: new AbortController().signal,
      ...over,
    }),
    program: async (name, script) => {
      const folder = join(place.path, `bin${++folders}`);
      await mkdir(folder);
      await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
      return folder;
    },
    [Symbol.asyncDispose]: () => place[Symbol.asyncDispose](),
  };
}

/** The folder of the real Go toolchain, when there is one. */
export const goFolder = (() => {
  const go = findProgram('go', process.env.PATH ?? '');
  return go === undefined ? undefined : dirname(go);
})();
