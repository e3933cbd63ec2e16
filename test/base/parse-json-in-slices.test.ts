import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJsonInSlices } from '../../src/base/parse-json-in-slices.js';
import { turnsMeanwhile } from '../support/turns-meanwhile.js';

/** Longer than what is parsed at once. */
const LONG = ' '.repeat(70_000);

describe('parseJsonInSlices', () => {
  it('reads what JSON.parse reads, whatever its length', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 5 }), fc.nat(4), async (value, indent) => {
        const text = JSON.stringify(
          { pad: LONG, value, list: [LONG, value, { 'a "quoted\\ ,:name': [value, LONG] }] },
          null,
          indent,
        );
        expect(await parseJsonInSlices(text)).toEqual(JSON.parse(text));
      }),
      { numRuns: 100, seed: 7 },
    );
  });

  it('reads empty containers, and a name that objects have of their own', async () => {
    for (const text of [`[${LONG}]`, `{${LONG}}`, `${LONG}{}`, `[[],{}${LONG}]`]) {
      expect(await parseJsonInSlices(text)).toEqual(JSON.parse(text));
    }
    const odd = (await parseJsonInSlices(`{"__proto__":1${LONG}}`)) as object;
    expect(Object.hasOwn(odd, '__proto__')).toBe(true);
  });

  it('refuses what JSON.parse refuses', async () => {
    const texts = [
      '[1,',
      '[1,]',
      '[,1]',
      '{"a":1,}',
      '{"a" 1}',
      '{1:2}',
      '{"a"}',
      '[1}',
      '{"a":[}]}',
      '[1]]',
      '["a]',
      '[1 2]',
    ];
    for (const short of texts) {
      for (const text of [`${short}${LONG}`, `${LONG}${short}`, short.replace('1', `1${LONG}`)]) {
        expect(() => JSON.parse(text)).toThrow(SyntaxError);
        await expect(parseJsonInSlices(text)).rejects.toThrow(SyntaxError);
      }
    }
  });

  it('lets others have their turn in the middle of a long text', async () => {
    const streams = Array.from({ length: 30_000 }, (_, i) => ({
      name: `S${i}`,
      state: { messages: i },
      on: true,
    }));
    const page = { account_details: [{ name: 'A', stream_detail: streams }] };
    const text = JSON.stringify(page).replaceAll('"on":true', `"on":"${'x'.repeat(200)}"`);
    expect(text.length).toBeGreaterThan(5e6);
    expect(await turnsMeanwhile(() => parseJsonInSlices(text))).toBeGreaterThan(3);
  });
});
