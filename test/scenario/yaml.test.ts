import { describe, expect, it } from 'vitest';
import { edited, plan, told, VALID } from './plugins.js';

describe('a file that is no scenario', () => {
  it.each([
    [
      'that is empty',
      '',
      '1:1: there is nothing in this file → Begin with `version: 1`; docs/scenario.md has the format.',
    ],
    [
      'of comments alone',
      '# to do\n',
      '1:1: there is nothing in this file → Begin with `version: 1`; docs/scenario.md has the format.',
    ],
    [
      'that is a list',
      '- version: 1\n',
      '1:1: expected a scenario: keys and their values → Begin with `version: 1`; docs/scenario.md has the format.',
    ],
    [
      'that is prose',
      'hello\n',
      '1:1: expected a scenario: keys and their values → Begin with `version: 1`; docs/scenario.md has the format.',
    ],
    ['with a tab', 'load:\n\t- name: a\n', '2:1: not YAML: a tab indents this line → Indent with spaces.'],
    [
      'with a bracket that never closes',
      'checks: [a\nname: b\n',
      '2:1: not YAML: flow sequence in block collection must be sufficiently indented and end with a ] → Correct it at this place or just above it.',
    ],
    [
      'with two documents',
      'version: 1\n---\nversion: 1\n',
      '2:1: not YAML of a scenario: a second document begins here → Keep one scenario in a file.',
    ],
    [
      'with a tag of its own',
      'name: !secret x\n',
      '1:7: not YAML of a scenario: Unresolved tag: !secret → Leave it out.',
    ],
    ['with a key that is a list', '? [a]\n: b\n', '1:3: expected a plain word as the key'],
    ['with a key that is no own key', '__proto__: 1\n', '1:1: expected a plain word as the key'],
    ['with an alias of nothing', 'name: *nobody\n', '1:7: nothing before this is anchored as &nobody'],
    ['with an alias of what it stands in', 'load: &all [*all]\n', '1:13: *all refers to what it stands in'],
    [
      'nested beyond reason',
      '['.repeat(50_000),
      /not YAML of a scenario: it is nested too deeply → See docs\/scenario.md for the format.$/,
    ],
  ])('%s', (_, text, expected) => {
    const [first, ...others] = told(text);
    expect(others).toEqual([]);
    expect(first).toMatch(expected);
    if (typeof expected === 'string') expect(first).toBe(expected);
  });

  it('with a key twice: each is told', () => {
    expect(told('name: a\nname: b\nseed: 1\nseed: 2\n')).toEqual([
      '2:1: the key `name` stands here twice → Keep one of the two.',
      '4:1: the key `seed` stands here twice → Keep one of the two.',
    ]);
  });

  it('with aliases that would grow beyond all bounds, without growing them', () => {
    const rows = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let i = 1; i < 10; i++)
      rows.push(
        `a${i}: &a${i} [${Array(10)
          .fill(`*a${i - 1}`)
          .join(', ')}]`,
      );
    expect(told(`${rows.join('\n')}\n`)).toEqual([
      '2:10: the aliases of this file, written out, would be too many values → Write the values out.',
    ]);
  });
});

describe('what YAML offers', () => {
  it('can be used: anchors, aliases, comments, flow and block style, a byte order mark', () => {
    const text = edited(
      ['size: 256B', 'size: &size 256B'],
      ['size: 16B..64B', 'size: *size'],
      ['name: partition', '"name": "partition" # quoted'],
    );
    expect(plan(`\uFEFF${text}`).events.map(({ size }) => size.maxBytes)).toEqual([256, 256, 256]);
    expect(plan(VALID.replaceAll('\n', '\r\n'))).toEqual(plan(VALID));
  });

  it('keeps its places: a wrong value stands where its alias does, what is in it where it is written', () => {
    const text = edited(
      ['size: 256B', 'size: &size 8B'],
      ['size: 16B..64B', 'size: *size'],
      [
        '{ at: 20s, kind: node-kill, target: one, restart-after: 10s }',
        '&kill { at: 5, kind: node-kill }\n  - *kill',
      ],
    );
    expect(told(text).map((line) => line.split(':', 2).join(':'))).toEqual([
      '8:70 events.mix[0].size',
      '9:52 events.mix[1].size',
      '16:11 faults[0].target',
      '16:11 faults[0].restart-after',
      '16:17 faults[0].at',
      '16:17 faults[1].at',
      '17:5 faults[1].target',
      '17:5 faults[1].restart-after',
    ]);
  });
});
