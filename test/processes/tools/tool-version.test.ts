import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { installHint } from '../../../src/processes/tools/install-hint.js';
import { TOOL_NAMES, TOOLS_DIRECTORY, toolSpec } from '../../../src/processes/tools/tool-spec.js';
import { askVersion, isAtLeast } from '../../../src/processes/tools/tool-version.js';
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

test.each(TOOL_NAMES)(
  'the pinned version of %s is the one in go.mod, with a checksum, and its package is a tool there',
  (name) => {
    const spec = toolSpec(name);
    const read = (file: string) => readFileSync(join(TOOLS_DIRECTORY, file), 'utf8');
    expect(read('go.mod')).toContain(`\t${spec.module} v${spec.version} `);
    expect(read('go.mod')).toContain(`\t${spec.package}\n`);
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
