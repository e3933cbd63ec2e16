import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { waitFor } from '../../../src/base/wait.js';
import { installTool, provideTool } from '../../../src/processes/tools/provide-tool.js';
import { askVersion } from '../../../src/processes/tools/tool-version.js';
import { compileSources } from '../compiled-sources.js';
import { goFolder, type ToolTest, toolTest } from './tool-test.js';

/**
 * A module of our own in the place of tools/: a program that prints what nats-server would, so that a build takes a
 * second and needs no network. The toolchain, the locks and the cache are the real ones.
 */
async function smallModule(place: ToolTest): Promise<string> {
  const toolsDir = join(place.directory, 'tools');
  await mkdir(toolsDir);
  const spec = {
    version: '2.15.2',
    minimum: '2.12.0',
    module: 'example.invalid/server',
    package: 'example.invalid/server',
  };
  await writeFile(join(toolsDir, 'versions.json'), JSON.stringify({ 'nats-server': spec }));
  await writeFile(join(toolsDir, 'go.mod'), 'module example.invalid/server\n\ngo 1.21.0\n');
  await writeFile(
    join(toolsDir, 'main.go'),
    'package main\n\nfunc main() { print2("nats-server: v2.15.2") }\n',
  );
  await writeFile(
    join(toolsDir, 'print.go'),
    'package main\n\nimport "os"\n\nfunc print2(s string) { os.Stdout.WriteString(s) }\n',
  );
  return toolsDir;
}

const cached = (place: ToolTest) => readdir(join(place.cacheDir, 'tools')).catch(() => []);
const ENTRY = `nats-server-2.15.2-${process.platform}-${process.arch}`;

test.skipIf(!goFolder)('builds once, into the cache, and finds it there again', async () => {
  await using place = await toolTest();
  const context = place.context({ path: goFolder!, toolsDir: await smallModule(place) });
  const built = await provideTool('nats-server', context);
  expect(built).toMatchObject({ version: '2.15.2', source: 'Go toolchain', verified: 'checksum' });
  expect(await askVersion('nats-server', built.path)).toBe('2.15.2');
  expect(place.said[0]).toMatch(
    /^building nats-server 2\.15\.2 with go1\.\S+ \(once; it may take minutes\) …$/,
  );
  expect(await cached(place)).toEqual([ENTRY]);
  expect(await provideTool('nats-server', context)).toEqual({ ...built, source: 'cache' });
  expect(place.said).toHaveLength(2);
});

test.skipIf(!goFolder)('two that install at once build once and get the same', async () => {
  await using place = await toolTest();
  const context = place.context({ path: goFolder!, toolsDir: await smallModule(place) });
  const [one, two] = await Promise.all([
    installTool('nats-server', context),
    installTool('nats-server', context),
  ]);
  expect(two.path).toBe(one.path);
  expect(place.said.filter((line) => line.startsWith('building'))).toHaveLength(1);
  expect(place.said).toContain('waiting for another stormglass that builds nats-server …');
  expect(await cached(place)).toEqual([ENTRY]);
});

test.skipIf(!goFolder)('several processes that install at once build once and get the same', async () => {
  await using place = await toolTest();
  await using compiled = await compileSources('processes/tools/provide-tool.ts');
  const toolsDir = await smallModule(place);
  const script = installScript(place, compiled.url('processes/tools/provide-tool.js'), toolsDir);
  const children = [1, 2, 3].map(() => spawn(process.execPath, ['--input-type=module', '-e', script]));
  const outputs = await Promise.all(
    children.map(async (child) => {
      let text = '';
      child.stdout.on('data', (data) => (text += data));
      child.stderr.on('data', (data) => (text += data));
      await once(child, 'close');
      return text.trim().split('\n');
    }),
  );
  const path = join(place.cacheDir, 'tools', ENTRY, 'nats-server');
  expect(outputs.map((lines) => lines.at(-1))).toEqual([path, path, path]);
  expect(outputs.flat().filter((line) => line.startsWith('building'))).toHaveLength(1);
  expect(await cached(place)).toEqual([ENTRY]);
});

test.skipIf(!goFolder)('an interrupted build leaves nothing, and no compiler', async () => {
  await using place = await toolTest();
  const toolsDir = await smallModule(place);
  const { path, pidFile } = await slowGo(place);
  const abort = new AbortController();
  const install = installTool('nats-server', place.context({ path, toolsDir, signal: abort.signal }));
  const interrupted = expect(install).rejects.toThrow('Ctrl-C');
  const pid = await startedPid(pidFile);
  abort.abort(new Error('Ctrl-C'));
  await interrupted;
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  expect(await cached(place)).toEqual([]);
});

test.skipIf(!goFolder)(
  'what a killed build leaves is cleared by the next, and does not hold it up',
  async () => {
    await using place = await toolTest();
    await using compiled = await compileSources('processes/tools/provide-tool.ts');
    const toolsDir = await smallModule(place);
    const { path, pidFile } = await slowGo(place);
    const script = installScript(place, compiled.url('processes/tools/provide-tool.js'), toolsDir, path);
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
    const pid = await startedPid(pidFile);
    child.kill('SIGKILL');
    await once(child, 'exit');
    process.kill(-pid, 'SIGKILL');
    const left = (await cached(place)).sort();
    expect(left).toEqual([
      expect.stringMatching(`^\\.lock-${ENTRY}\\.`),
      expect.stringMatching(`^\\.making-${ENTRY}-`),
    ]);
    await installTool('nats-server', place.context({ path: goFolder!, toolsDir }));
    expect(await cached(place)).toEqual([ENTRY]);
  },
);

test.skipIf(!goFolder)('a damaged entry is built anew', async () => {
  await using place = await toolTest();
  const context = place.context({ path: goFolder!, toolsDir: await smallModule(place) });
  const { path } = await installTool('nats-server', context);
  await writeFile(path, 'torn');
  expect(await installTool('nats-server', context)).toMatchObject({ path, source: 'Go toolchain' });
  expect(await askVersion('nats-server', path)).toBe('2.15.2');
  expect(await cached(place)).toEqual([ENTRY]);
});

test.skipIf(!goFolder)('a module that does not hold what versions.json says is noticed', async () => {
  await using place = await toolTest();
  const toolsDir = await smallModule(place);
  await writeFile(
    join(toolsDir, 'main.go'),
    'package main\n\nfunc main() { print2("nats-server: v2.15.1") }\n',
  );
  await expect(installTool('nats-server', place.context({ path: goFolder!, toolsDir }))).rejects.toThrow(
    /is 2\.15\.1, not 2\.15\.2/,
  );
  expect(await cached(place)).toEqual([]);
});

/** A go that answers as the real one does, and then builds for a minute. */
async function slowGo(place: ToolTest) {
  const pidFile = join(place.directory, 'go.pid');
  const path = await place.program(
    'go',
    `[ "$1" = build ] || exec ${goFolder}/go "$@"
    echo half > "$(dirname "$GOTMPDIR")/product/nats-server"
    echo $$ > ${pidFile}.new; /bin/mv ${pidFile}.new ${pidFile}
    exec /bin/sleep 60`,
  );
  return { path: `${path}:/bin:/usr/bin`, pidFile };
}

async function startedPid(pidFile: string): Promise<number> {
  const text = await waitFor(() => readFile(pidFile, 'utf8'), { timeoutMs: 20_000, everyMs: 10 });
  return Number(text);
}

const installScript = (place: ToolTest, url: string, toolsDir: string, path = goFolder) => `
  const { installTool } = await import(${JSON.stringify(url)});
  const tool = await installTool('nats-server', {
    cacheDir: ${JSON.stringify(place.cacheDir)},
    toolsDir: ${JSON.stringify(toolsDir)},
    path: ${JSON.stringify(path)},
    env: process.env,
    progress: (line) => console.log(line),
    signal: new AbortController().signal,
  });
  console.log(tool.path);
`;
