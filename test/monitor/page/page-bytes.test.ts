import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PageBytes } from '../../../src/monitor/page/page-bytes.js';

const writtenOf = (texts: readonly string[], expected?: number): string => {
  const page = new PageBytes(expected);
  for (const text of texts) page.write(text);
  return page.written.toString('utf8');
};

describe('PageBytes', () => {
  it('has every text in the order in which it was written, whatever its letters take', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 40 });
    fc.assert(
      fc.property(fc.array(text, { maxLength: 40 }), (texts) => {
        expect(writtenOf(texts)).toBe(texts.join(''));
      }),
      { seed: 75 },
    );
  });

  it('grows beyond what was expected, by one text or by many', () => {
    const texts = [
      '€'.repeat(50_000),
      'a',
      '😀'.repeat(100_000),
      ...new Array<string>(1000).fill('x'.repeat(999)),
    ];
    expect(writtenOf(texts, 10.5) === texts.join('')).toBe(true);
  });
});
