import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { PreflightError } from '../../../src/base/errors.js';
import { listTools } from '../../../src/processes/tools/list-tools.js';
import { provideTool, provideToolVersion } from '../../../src/processes/tools/provide-tool.js';
import { entryName } from '../../../src/processes/tools/tool-cache.js';
import { type ToolSpec, toolSpec, toolSpecs } from '../../../src/processes/tools/tool-spec.js';
import { natsServerPath } from '../../support/nats-server.js';
import { type ToolTest, toolTest } from './tool-test.js';

const spec = toolSpec('nats-server');
const says = (version: string) => `echo "nats-server: v${version}"`;

/** Puts a program into the cache as an earlier build would have. */
async function fillCache(place: ToolTest, content: string, tool = spec): Promise<string> {
  const entry = join(place.cacheDir, 'tools', entryName(tool));
  await mkdir(entry, { recursive: true });
  const program = join(entry, tool.program);
  await writeFile(program, content, { mode: 0o755 });
  const sha256 = createHash('sha256').update(content).digest('hex');
  await writeFile(
    join(entry, 'tool.json'),
    JSON.stringify({ version: tool.version, sha256, madeWith: 'a test' }),
  );
  return program;
}

const failure = async (work: Promise<unknown>): Promise<PreflightError> => {
  const error = await work.then(
    () => undefined,
    (thrown) => thrown,
  );
  expect(error).toBeInstanceOf(PreflightError);
  return error as PreflightError;
};

test('an explicit path wins over everything', async () => {
  await using place = await toolTest();
  const path = await place.program('nats-server', says('2.14.0'));
  await fillCache(place, 'x');
  expect(
    await provideTool('nats-server', { ...place.context({ path }), explicitPath: natsServerPath() }),
  ).toMatchObject({
    path: natsServerPath(),
    source: 'explicit path',
    verified: 'version',
  });
});

test('then comes the PATH: its first program of that name, as a shell would have it', async () => {
  await using place = await toolTest();
  await fillCache(place, 'x');
  const [first, second] = [
    await place.program('nats-server', says('2.12.0')),
    await place.program('nats-server', says('2.14.0')),
  ];
  const path = `${join(place.directory, 'none')}::${first}:${second}`;
  expect(await provideTool('nats-server', place.context({ path }))).toEqual({
    name: 'nats-server',
    version: '2.12.0',
    path: join(first, 'nats-server'),
    source: 'PATH',
    verified: 'version',
  });
  expect(place.said).toEqual([]);
});

test('then the cache, when its bytes are the ones that were put there', async () => {
  await using place = await toolTest();
  const program = await fillCache(place, 'whole');
  expect(await provideTool('nats-server', place.context())).toEqual({
    name: 'nats-server',
    version: spec.version,
    path: program,
    source: 'cache',
    verified: 'checksum',
  });
  await writeFile(program, 'hole');
  expect((await failure(provideTool('nats-server', place.context()))).message).toContain(
    `${program} is damaged`,
  );
});

test('one on the PATH that is too old is passed over, and said so', async () => {
  await using place = await toolTest();
  const path = await place.program('nats-server', says('2.11.9'));
  const cached = await fillCache(place, 'x');
  expect(await provideTool('nats-server', place.context({ path }))).toMatchObject({
    path: cached,
    source: 'cache',
  });
  expect(place.said).toEqual([
    `${path}/nats-server is nats-server 2.11.9, and 2.12.0 or later is needed; looking for another`,
  ]);
});

test('when there is nothing else, the error names the version that was found, and the command that helps', async () => {
  await using place = await toolTest();
  const path = await place.program('nats-server', says('2.9.25'));
  const error = await failure(provideTool('nats-server', place.context({ path })));
  expect(error.message).toContain('nats-server 2.12.0 or later is needed');
  expect(error.message).toContain('nats-server 2.9.25');
  expect(error.message.match(/2\.12\.0/g)).toHaveLength(1);
  expect(error.message).toContain('no Go toolchain on the PATH');
  expect(error.hint).toMatch(/nats-server/);
});

test('an explicit path that is too old, is no nats-server or is not there is refused', async () => {
  await using place = await toolTest();
  const context = place.context({ path: await place.program('nats-server', says('2.14.0')) });
  const explicit = async (name: string, script: string) =>
    (
      await failure(
        provideTool('nats-server', {
          ...context,
          explicitPath: join(await place.program(name, script), name),
        }),
      )
    ).message;
  expect(await explicit('old', says('2.10.29'))).toMatch(
    /old is nats-server 2\.10\.29, and 2\.12\.0 or later is needed/,
  );
  expect(await explicit('other', 'echo v20.20.2')).toMatch(/other does not say that it is nats-server/);
  expect(await explicit('broken', 'exit 1')).toMatch(/broken does not tell its version/);
  const nowhere = provideTool('nats-server', { ...context, explicitPath: '/nowhere/nats-server' });
  expect((await failure(nowhere)).message).toBe('/nowhere/nats-server is not there');
});

test.each([
  [
    'go version go1.20.3 linux/amd64',
    'auto',
    /is Go 1\.20\.3, and nats-server is built with 1\.26\.0 or later/,
    /nats-server/,
  ],
  ['go version go1.22.1 linux/amd64', 'local', /is Go 1\.22\.1.*GOTOOLCHAIN=local/, /^GOTOOLCHAIN=auto/],
  ['gibberish', 'auto', /does not tell its version/, /nats-server/],
])('a Go toolchain that cannot build it is said to be one: %s', async (version, toolchain, message, hint) => {
  await using place = await toolTest();
  const path = await place.program('go', `[ "$1" = version ] && echo "${version}" || echo ${toolchain}`);
  const error = await failure(provideTool('nats-server', place.context({ path })));
  expect(error.message).toMatch(message);
  expect(error.hint).toMatch(hint);
});

test('what the Go toolchain complains of is handed on', async () => {
  await using place = await toolTest();
  const path = await place.program(
    'go',
    `[ "$1" = version ] && echo "go version go1.99.0 x/y" && exit; echo "dial tcp: lookup proxy: no such host" >&2; exit 1`,
  );
  const error = await failure(provideTool('nats-server', place.context({ path })));
  expect(error.message).toContain('could not build it: dial tcp: lookup proxy: no such host');
});

test('a cache that cannot be written is an error, not a wait', async () => {
  await using place = await toolTest();
  await writeFile(place.cacheDir, 'a file where the folder should be');
  const path = await place.program('go', 'echo "go version go1.99.0 x/y"');
  const error = await failure(provideTool('nats-server', place.context({ path })));
  expect(error.message).toContain(`it cannot be built into ${place.cacheDir}`);
});

test('the list says what a run would use, and what it passes over', async () => {
  await using place = await toolTest();
  const path = await place.program('nats-server', says('2.1.0'));
  const list = await listTools({ ...place.context({ path }) });
  expect(list.map(({ name, found }) => [name, found])).toEqual([
    ['nats-server', undefined],
    ['nats', undefined],
    ['toxiproxy', undefined],
    ['jaeger', undefined],
    ['prometheus', undefined],
    ['promtool', undefined],
    ['alertmanager', undefined],
    ['amtool', undefined],
  ]);
  expect(list[0]!.others.map(({ version }) => version)).toEqual(
    toolSpecs('nats-server')
      .slice(1)
      .map(({ version }) => version),
  );
  expect(list[0]!.passedOver).toEqual([
    `${path}/nats-server is nats-server 2.1.0, which is too old`,
    'not in the cache',
  ]);
  const cached = await fillCache(place, 'x');
  expect((await listTools(place.context({ path })))[0]).toMatchObject({
    pinned: spec.version,
    found: { path: cached },
  });
  const explicitPaths = { 'nats-server': '/nowhere' };
  const [named] = await listTools({ ...place.context(), explicitPaths });
  expect(named).toMatchObject({ passedOver: ['/nowhere is not there'] });
  // Nothing would be provided, and no command would help.
  expect(named).not.toHaveProperty('pinned');
  expect(named?.provide).toMatch(
    /^Give the path of a nats-server .*STORMGLASS_NATS_SERVER.*, or leave it out\.$/,
  );
  expect(place.said).toEqual([]);
});

describe('a version of its own', () => {
  const [, other] = toolSpecs('nats-server') as [ToolSpec, ToolSpec];
  const minor = other.version.replace(/\.\d+$/, '');

  test('is the one on the PATH, where that is it', async () => {
    await using place = await toolTest();
    const path = await place.program('nats-server', says(`${minor}.0`));
    const context = place.context({ path });
    expect(await provideToolVersion('nats-server', minor, context)).toMatchObject({
      version: `${minor}.0`,
      source: 'PATH',
    });
    const cached = await fillCache(place, 'x', other);
    expect(await provideToolVersion('nats-server', other.version, context)).toMatchObject({
      version: other.version,
      path: cached,
      source: 'cache',
    });
  });

  test('lies in the cache beside the others', async () => {
    await using place = await toolTest();
    const paths = [await fillCache(place, 'x'), await fillCache(place, 'y', other)];
    const found = await Promise.all(
      [spec.version, minor].map((wanted) => provideToolVersion('nats-server', wanted, place.context())),
    );
    expect(found.map(({ path }) => path)).toEqual(paths);
    expect((await listTools(place.context()))[0]!.others[0]).toMatchObject({
      version: other.version,
      found: { path: paths[1] },
    });
  });

  test('that is nowhere is an error that lists those there are', async () => {
    await using place = await toolTest();
    const error = await failure(provideToolVersion('nats-server', '2.13.7', place.context()));
    expect(error.message).toBe(
      `there is no nats-server 2.13.7 to be had: there are ${toolSpecs('nats-server')
        .map(({ version }) => version)
        .join(', ')}`,
    );
    expect(error.hint).toContain('on the PATH');
  });

  test('that cannot be built is said to be needed', async () => {
    await using place = await toolTest();
    const error = await failure(provideToolVersion('nats-server', minor, place.context()));
    expect(error.message).toBe(
      `nats-server ${other.version} is needed: not in the cache; no Go toolchain on the PATH`,
    );
    expect(error.hint).toContain(other.version);
  });
});

test('a Toxiproxy that was built without its version is passed over', async () => {
  await using place = await toolTest();
  const path = await place.program('toxiproxy-server', 'echo toxiproxy-server version git');
  const error = await failure(provideTool('toxiproxy', place.context({ path })));
  expect(error.message).toContain('does not say that it is toxiproxy');
  const released = await place.program('toxiproxy-server', 'echo toxiproxy-server version 2.12.0');
  expect(await provideTool('toxiproxy', place.context({ path: released }))).toMatchObject({
    version: '2.12.0',
    path: join(released, 'toxiproxy-server'),
    source: 'PATH',
  });
});
