import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { scenarioText, Workplace } from '../support/cli.js';

it('says what is needed where there is no Prometheus, and starts nothing; the scenario is valid all the same', async () => {
  await using place = new Workplace();
  const bin = join(place.root, 'bin');
  mkdirSync(bin);
  symlinkSync(process.execPath, join(bin, 'node'));
  const faults = '[{ at: 1s, kind: node-kill, target: n1, restart-after: 1s }]';
  const alerts = '[{ alert: NatsNodeDown, after: node-kill, within: 30s }]';
  const file = place.write('s.yaml', `${scenarioText({ faults })}alerts: ${alerts}\n`);
  const valid = await place.run(['validate', file], { PATH: bin });
  expect(valid.code, valid.stderr).toBe(0);
  const end = await place.run(['run', file, '--out', place.reports], { PATH: bin });
  expect(end.code, end.stderr).toBe(3);
  expect(end.stderr).toContain('prometheus 2.42.0 or later is needed: no prometheus on the PATH');
  expect(end.stderr).toContain('; alertmanager 0.25.0 or later is needed: ');
  expect(end.stderr).toMatch(/(apt-get install -y|brew install|curl -fL) \S*prometheus/);
  const wrong = await place.run(['run', file, '--out', place.reports], {
    PATH: bin,
    STORMGLASS_PROMETHEUS: process.execPath,
    STORMGLASS_ALERTMANAGER: process.execPath,
  });
  expect(wrong.code, wrong.stderr).toBe(3);
  expect(wrong.stderr).toContain(`${process.execPath} does not say that it is prometheus`);
  expect(wrong.stderr).toContain('STORMGLASS_PROMETHEUS names one');
  expect(wrong.stderr).toContain('STORMGLASS_ALERTMANAGER names one');
  expect(wrong.stderr).not.toMatch(/apt-get|brew|curl/);
  expect(place.runDirs()).toEqual([]);
  expect(await place.leftovers()).toEqual([]);
});
