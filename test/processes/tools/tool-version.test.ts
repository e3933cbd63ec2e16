import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { installHint } from '../../../src/processes/tools/install-hint.js';
import { TOOL_NAMES, toolSpec, toolSpecs } from '../../../src/processes/tools/tool-spec.js';
import { askVersion, isAtLeast, isVersion } from '../../../src/processes/tools/tool-version.js';
import { natsServerPath } from '../../support/nats-server.js';

test.each([
  ['2.12.0', '2.12.0', true],
  ['2.12.0-RC.1', '2.12.0', true],
  ['2.11.99', '2.12.0', false],
  ['2.9.0', '2.12.0', false],
  ['3.0.0', '2.12.0', true],
  ['1.26', '1.26.0', true],
  ['1.21.13', '1.26.0', false],
])('%s is at least %s: %s', (version, minimum, expected) => {
  expect(isAtLeast(version, minimum)).toBe(expected);
});

test('the real server tells its version', async () => {
  expect(isAtLeast(await askVersion('nats-server', natsServerPath()), toolSpec('nats-server').minimum)).toBe(
    true,
  );
});

test.each([
  ['2.14.9', '2.14.9', true],
  ['2.14.9', '2.14', true],
  ['2.14.9', '2', true],
  ['2.14.91', '2.14.9', false],
  ['2.14.9', '2.1', false],
  ['2.14.9-RC.1', '2.14.9', false],
])('%s is the version %s: %s', (version, wanted, expected) => {
  expect(isVersion(version, wanted)).toBe(expected);
});

test.each(TOOL_NAMES.flatMap((name) => toolSpecs(name)))(
  'the pinned version of $name $version is the one in its go.mod, with a checksum, and its package is a tool there',
  (spec) => {
    const read = (file: string) => readFileSync(join(spec.directory, file), 'utf8');
    expect(read('go.mod')).toContain(`\t${spec.module} v${spec.version} `);
    expect(read('go.mod')).toMatch(new RegExp(`^(tool |\\t)${spec.package.replaceAll('.', '\\.')}$`, 'm'));
    expect(read('go.sum')).toContain(`${spec.module} v${spec.version} h1:`);
    expect(isAtLeast(spec.version, spec.minimum)).toBe(true);
  },
);

test('the hint is one command, for the system at hand', () => {
  const spec = toolSpec('nats-server');
  expect(installHint(spec, { platform: 'darwin' })).toBe('brew install nats-server');
  expect(installHint(spec, { platform: 'linux', arch: 'arm64' })).toContain(
    `nats-server-v${spec.version}-linux-arm64.tar.gz`,
  );
  expect(installHint(spec, { platform: 'sunos' })).toContain('stormglass tools install');
});
