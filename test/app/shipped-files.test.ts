import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { planScenario, scenarioJsonSchema } from '../../src/app/plan-scenario.js';
import { FAULT_KINDS } from '../../src/app/plugins.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

const scenarios = readdirSync(join(root, 'scenarios'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => join('scenarios', file));

describe('what is shipped', () => {
  it('has the JSON Schema that the plug-ins make: after a change, run `npm run schema`', () => {
    expect(JSON.parse(read('schema/scenario.schema.json'))).toEqual(
      JSON.parse(JSON.stringify(scenarioJsonSchema())),
    );
  });

  it.each(scenarios)('%s is valid, and tells editors its schema', (file) => {
    const plan = planScenario({ file: join(root, file), sets: [] });
    expect(plan.name).not.toBe('');
    // Parameters are resolved once: a kind that resolves them again would refuse its own durations when its time has come.
    for (const { kind, params } of plan.faults) {
      expect(FAULT_KINDS.find((each) => each.kind === kind)?.create(params)).toBeDefined();
    }
    expect(read(file)).toMatch(/^# yaml-language-server: \$schema=(\.\.\/)+schema\/scenario\.schema\.json\n/);
  });

  it('docker-compose.yml pins its images and listens on 127.0.0.1 only', () => {
    const { services } = parse(read('docker-compose.yml'), { merge: true }) as {
      services: Record<string, { image: string; ports?: string[] }>;
    };
    expect(Object.keys(services).length).toBeGreaterThan(0);
    for (const { image, ports = [] } of Object.values(services)) {
      expect(image).toMatch(/:v?\d+\.\d+\.\d+/);
      for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
    }
  });

  it('package.json names files that are there once it is built', () => {
    const { bin, exports, files } = JSON.parse(read('package.json'));
    const entry = exports['.'];
    for (const file of [
      bin.stormglass,
      entry.types,
      entry.default,
      exports['./scenario.schema.json'],
      ...files,
    ]) {
      expect(existsSync(join(root, file)), file).toBe(true);
    }
  });

  it('the README begins with the two commands that CI runs', () => {
    const [first, second] = read('README.md').split('```')[1]?.trim().split('\n') ?? [];
    expect(first).toMatch(/^npm ci && npx stormglass run scenarios\/smoke\.yaml\b/);
    expect(second).toMatch(/^npm ci && npm test\b/);
    expect(read('.ci/run')).toContain('npm test');
  });
});
