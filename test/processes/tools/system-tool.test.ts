import { describe, expect, it } from 'vitest';
import { PreflightError } from '../../../src/base/errors.js';
import {
  findSystemTool,
  requireSystemTools,
  systemToolHint,
} from '../../../src/processes/tools/system-tool.js';
import { toolTest } from './tool-test.js';

/** As Debian's 0.25 says it, on its other output; as the project's own says it. */
const says = (version: string, output = '') =>
  `echo "alertmanager, version ${version} (branch: x)" ${output}`;

describe('a tool that a system has', () => {
  it('is found under each of its names, the one of its project first', async () => {
    await using place = await toolTest();
    const debian = await place.program('prometheus-alertmanager', says('0.25.0', '>&2'));
    expect(await findSystemTool('alertmanager', { path: debian })).toEqual({
      name: 'alertmanager',
      version: '0.25.0',
      path: `${debian}/prometheus-alertmanager`,
      source: 'PATH',
      verified: 'version',
    });
    const own = await place.program('alertmanager', says('0.28.1'));
    expect(await findSystemTool('alertmanager', { path: `${debian}:${own}` })).toMatchObject({
      version: '0.28.1',
    });
  });

  it('is passed over where it is too old, for another that is not', async () => {
    await using place = await toolTest();
    const old = await place.program('alertmanager', says('0.15.3'));
    const debian = await place.program('prometheus-alertmanager', says('0.25.0'));
    expect(await findSystemTool('alertmanager', { path: `${old}:${debian}` })).toMatchObject({
      version: '0.25.0',
    });
  });

  it('is the one at the path that the user named, or none', async () => {
    await using place = await toolTest();
    const path = await place.program('alertmanager', says('0.28.1'));
    expect(await findSystemTool('alertmanager', { path, explicitPath: '/nowhere' })).toEqual({
      missing: '/nowhere is not there',
    });
    const other = `${await place.program('other', 'echo "other, version 9.9.9"')}/other`;
    expect(await findSystemTool('alertmanager', { path, explicitPath: other })).toEqual({
      missing: `${other} does not say that it is alertmanager`,
    });
  });

  it('is missed with where it was looked for, and one command that provides it', async () => {
    await using place = await toolTest();
    const path = await place.program('alertmanager', says('0.15.3'));
    const missing = (error: unknown) => error as PreflightError;
    const error = await requireSystemTools({ alertmanager: { path } }).then(() => undefined, missing);
    expect(error).toBeInstanceOf(PreflightError);
    expect(error?.message).toBe(
      `alertmanager 0.25.0 or later is needed: ${path}/alertmanager is alertmanager 0.15.3, which is too old`,
    );
    expect(error?.hint).toMatch(/^(sudo apt-get install|brew install|curl -fL) \S+/);
    const none = await requireSystemTools({ prometheus: { path: '' } }).then(() => undefined, missing);
    expect(none?.message).toBe('prometheus 2.42.0 or later is needed: no prometheus on the PATH');
  });

  it('is missed together with the others that are', async () => {
    const none = { path: '' };
    const missing = requireSystemTools({
      prometheus: none,
      alertmanager: { ...none, explicitPath: '/nowhere' },
    });
    await expect(missing).rejects.toMatchObject({
      message:
        'prometheus 2.42.0 or later is needed: no prometheus on the PATH; alertmanager 0.25.0 or later is needed: /nowhere is not there',
      hint: expect.stringMatching(/(install|curl) .*prometheus.*; .*alertmanager/),
    });
  });

  it('is not to be installed where the user named a path: that one is wrong, or to be left out', async () => {
    await using place = await toolTest();
    const path = await place.program('prometheus', 'echo "prometheus, version 2.30.1"');
    const refused = (explicitPath: string) =>
      requireSystemTools({ prometheus: { path: '/usr/bin', explicitPath } }).then(
        () => undefined,
        (error: unknown) => error as PreflightError,
      );
    const old = await refused(`${path}/prometheus`);
    expect(old?.message).toBe(
      `prometheus 2.42.0 or later is needed: ${path}/prometheus is prometheus 2.30.1, which is too old`,
    );
    expect((await refused('/nowhere'))?.message).toBe(
      'prometheus 2.42.0 or later is needed: /nowhere is not there',
    );
    for (const { hint } of [old, await refused('/nowhere')] as PreflightError[])
      expect(hint).toBe(
        'Give the path of a prometheus 2.42.0 or later (STORMGLASS_PROMETHEUS names one), or leave it out.',
      );
  });

  it.each([
    [{ platform: 'linux', hasApt: true }, 'sudo apt-get install -y prometheus-alertmanager'],
    [{ platform: 'darwin' }, 'brew install alertmanager'],
    [
      { platform: 'linux', arch: 'arm64', hasApt: false },
      'curl -fL https://github.com/prometheus/alertmanager/releases/download/v0.28.1/alertmanager-0.28.1.linux-arm64.tar.gz' +
        ' | sudo tar -xz -C /usr/local/bin --strip-components=1 alertmanager-0.28.1.linux-arm64/alertmanager',
    ],
  ])('is provided by the command of its system: %j', (system, command) => {
    expect(systemToolHint('alertmanager', system)).toBe(command);
  });
});
