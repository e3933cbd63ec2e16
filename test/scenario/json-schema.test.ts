import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { scenarioJsonSchema } from '../../src/scenario/scenario-json-schema.js';
import { edited, plugins, VALID } from './plugins.js';

type Json = Record<string, unknown>;
const schema = scenarioJsonSchema(plugins);
const accepts = (text: string) =>
  z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]).safeParse(parse(text)).success;

describe('the JSON Schema of a scenario', () => {
  it('accepts what resolves', () => {
    expect(accepts(VALID)).toBe(true);
    expect(accepts(readFileSync(new URL('../../scenarios/smoke.yaml', import.meta.url), 'utf8'))).toBe(true);
    expect(accepts(edited(['rate: 20k/s, for: 60s', 'stages: [{ to: 5k/s, over: 5s }, { hold: 5s }]']))).toBe(
      true,
    );
    expect(accepts(edited(['[Sampled]', '8'], ['replicas: 3', 'max_bytes: -1, max_age: 1h']))).toBe(true);
  });

  it.each([
    ['an unknown key', 'streams:', 'straems:'],
    ['an unknown key of a load', 'rate: 2k/s', 'raet: 2k/s'],
    ['a quantity without its unit', 'rate: 2k/s', 'rate: 2000'],
    ['a kind that is not there', 'kind: js-publish', 'kind: js'],
    ['a fault’s key on a load', 'rate: 2k/s', 'restart-after: 2s, rate: 2k/s'],
    ['zero nodes', 'nodes: 3', 'nodes: 0'],
    ['a check that is not there', '[acked-loss]', '[acked]'],
    ['no name', 'name: partition\n', ''],
  ])('refuses %s', (_, from, to) => {
    expect(accepts(edited([from, to]))).toBe(false);
  });

  it('describes every key', () => {
    const silent: string[] = [];
    const look = (node: unknown, path: string) => {
      if (Array.isArray(node)) for (const one of node) look(one, path);
      else if (typeof node === 'object' && node !== null) {
        const { properties = {}, ...rest } = node as { properties?: Json };
        for (const [key, property] of Object.entries(properties)) {
          if (!(property as Json).description) silent.push(`${path}.${key}`);
          look(property, `${path}.${key}`);
        }
        for (const inner of Object.values(rest)) look(inner, path);
      }
    };
    look(schema, '');
    expect(silent).toEqual([]);
  });
});
