import { homedir } from 'node:os';
import { join } from 'node:path';
import { provideTool } from '../../src/processes/tools/provide-tool.js';

let provided: Promise<string> | undefined;

/** The toxiproxy-server that tests run: from the PATH, the cache, or built once by the Go toolchain. */
export function toxiproxyPath(): Promise<string> {
  provided ??= provideTool('toxiproxy', {
    cacheDir: join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'stormglass'),
    path: process.env.PATH ?? '',
    env: process.env,
    progress: () => {},
    signal: AbortSignal.timeout(600_000),
  }).then(({ path }) => path);
  return provided;
}
