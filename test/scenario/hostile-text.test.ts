import { describe, expect, it } from 'vitest';
import { ScenarioError } from '../../src/scenario/problem.js';
import { edited, plan } from './plugins.js';

/** As it would be printed. */
function printed(text: string): string {
  try {
    plan(text, { file: 'a\u001b[1mb.yaml' });
    return '';
  } catch (error) {
    if (error instanceof ScenarioError) return error.message;
    throw error;
  }
}

/** Clears the screen, goes up, begins a line of its own. */
const HOSTILE = '\\e[2J\\e[1A\\ns.yaml:1:1: forged';
const SEEN = '\\u001b[2J\\u001b[1A\\ns.yaml:1:1: forged';

describe('what a scenario holds cannot write on the terminal that its errors are read on', () => {
  it.each([
    ['a wrong value', ['rate: 2k/s', `rate: "${HOSTILE}"`]],
    ['a value of the wrong type', ['nodes: 3', `nodes: "${HOSTILE}"`]],
    ['an unknown key', ['rate: 2k/s', `rate: 2k/s, "${HOSTILE}": 1`]],
    ['an unknown kind', ['kind: js-publish', `kind: "${HOSTILE}"`]],
    ['a kind of nothing', ['checks: [acked-loss', `checks: ["${HOSTILE}", acked-loss`]],
    ['a name of nothing', ['domains: [telemetry]', `domains: ["${HOSTILE}"]`]],
    ['a target', ['target: one', `target: "${HOSTILE}"`]],
  ] as const)('%s', (_, edit) => {
    const text = printed(edited(edit));
    expect(text).toContain(SEEN.slice(0, 20));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    // Each line is a problem, what to do about one, or how many there are.
    for (const line of text.split('\n'))
      expect(line).toMatch(/^(a\\u001b\[1mb\.yaml:\d+:\d+: | {2}|\d+ problems in )/);
  });
});
