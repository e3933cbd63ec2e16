import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { SCENARIO_PLUGINS } from '../../src/app/plugins.js';
import { scenarioJsonSchema } from '../../src/scenario/scenario-json-schema.js';
import { told } from './plugins.js';

const read = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
const reference = read('docs/scenario.md');
/** Kinds of load, of fault and of probe, and who follows events, have their own keys in references of their own. */
const ofKinds = ['docs/load.md', 'docs/faults.md', 'docs/steady-state.md', 'docs/monitoring.md'].map(read);

function keysOf(node: unknown, found = new Set<string>()): Set<string> {
  if (Array.isArray(node)) for (const one of node) keysOf(one, found);
  else if (typeof node === 'object' && node !== null) {
    const { properties = {}, ...rest } = node as { properties?: Record<string, unknown> };
    for (const [key, property] of Object.entries(properties)) keysOf(property, found.add(key));
    for (const inner of Object.values(rest)) keysOf(inner, found);
  }
  return found;
}

describe('docs/scenario.md', () => {
  it('has, with the references of the kinds, every key of the format', () => {
    const words = new Set(
      [...[reference, ...ofKinds].join('\n').matchAll(/`([^`\n]+)`/g)].flatMap(
        ([, code]) => code?.match(/[\w-]+/g) ?? [],
      ),
    );
    expect([...keysOf(scenarioJsonSchema(SCENARIO_PLUGINS))].filter((key) => !words.has(key))).toEqual([]);
  });

  it('begins with a scenario that is valid', () => {
    const example = /```yaml\n([\s\S]*?)```/.exec(reference)?.[1] ?? '';
    expect(told(example, { plugins: SCENARIO_PLUGINS })).toEqual([]);
  });
});

const scenarios = readdirSync(new URL('../../scenarios', import.meta.url), {
  recursive: true,
  encoding: 'utf8',
})
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => `scenarios/${file}`);

describe('a scenario that comes along', () => {
  it.each(scenarios)('%s is valid, and tells editors its schema', (file) => {
    const text = read(file);
    expect(
      told(text, {
        file: fileURLToPath(new URL(`../../${file}`, import.meta.url)),
        plugins: SCENARIO_PLUGINS,
      }),
    ).toEqual([]);
    const schema = `${'../'.repeat(file.split('/').length - 1)}schema/scenario.schema.json`;
    expect(text.split('\n')[0]).toBe(`# yaml-language-server: $schema=${schema}`);
  });
});
