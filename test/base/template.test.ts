import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTemplate, TemplateError } from '../../src/base/template.js';
import { templateSamples } from '../../src/base/template-sample.js';

const errorOf = (text: string): string => {
  try {
    parseTemplate(text);
  } catch (error) {
    if (error instanceof TemplateError) return error.message;
    throw error;
  }
  throw new Error(`${text} was read`);
};

describe('a template', () => {
  it('is text with placeholders in it', () => {
    expect(parseTemplate('{"id":"{{uuid}}","n":{{ int -5 5 }}}')).toEqual([
      { kind: 'text', text: '{"id":"' },
      { kind: 'uuid', version: 4 },
      { kind: 'text', text: '","n":' },
      { kind: 'int', min: -5, max: 5 },
      { kind: 'text', text: '}' },
    ]);
  });

  it.each([
    ['{{uuid v7}}', { kind: 'uuid', version: 7 }],
    ['{{sequence}}', { kind: 'sequence' }],
    ['{{sequence 8}}', { kind: 'sequence', digits: 8 }],
    ['{{time}}', { kind: 'time', unit: 'iso' }],
    ['{{time ns}}', { kind: 'time', unit: 'ns' }],
    ['{{text 20}}', { kind: 'words', min: 20, max: 20 }],
    ['{{text 0 40}}', { kind: 'words', min: 0, max: 40 }],
    ['{{hex 16}}', { kind: 'hex', digits: 16 }],
    ['{{float -1.5 2e3 2}}', { kind: 'float', min: -1.5, max: 2000, decimals: 2 }],
    ['{{domain}}', { kind: 'name', of: 'domain' }],
    ['{{"{{"}}', { kind: 'text', text: '{{' }],
    [
      '{{choice paid:70 "not paid":30 "12:30" plain "a\\"b"}}',
      {
        kind: 'choice',
        options: [
          { text: 'paid', weight: 70 },
          { text: 'not paid', weight: 30 },
          { text: '12:30', weight: 1 },
          { text: 'plain', weight: 1 },
          { text: 'a"b', weight: 1 },
        ],
      },
    ],
  ])('knows %s', (text, part) => {
    expect(parseTemplate(text)).toEqual([part]);
  });

  it.each([
    ['{{uid}}', 'line 1, column 3: there is no placeholder `uid`. Did you mean `uuid`?'],
    [
      '{"a": 1,\n "b": {{nonsense}}}',
      /^line 2, column 9: there is no placeholder `nonsense`\. There are uuid, /,
    ],
    ['{{uuid v5}}', 'line 1, column 3: expected {{uuid}}, or {{uuid v7}} for one that begins with the time'],
    ['{{}}', /^line 1, column 1: expected one of uuid, sequence/],
    ['abc\n\n {{uuid', 'line 3, column 2: this placeholder has no end: expected }} behind it'],
    ['{{choice "a b c}}', 'line 1, column 9: this text in quotes has no end: expected a " after it'],
    ['{{choice a:0 b:0}}', /^line 1, column 3: expected at least one weight above 0, as in \{\{choice/],
    ['{{int 1}}', 'line 1, column 3: expected {{int 1 100}}'],
    [
      '{{int 5 x}}',
      'line 1, column 9: expected a whole number from 5 on in place of `x`, as in {{int 1 100}}',
    ],
    ['{{int 5 4}}', /^line 1, column 9: expected a whole number from 5 on in place of `4`/],
    ['{{float 2 1}}', /^line 1, column 11: expected the smaller number first/],
    ['{{sequence 14}}', /^line 1, column 12: expected a whole number from 1 to 13 in place of `14`/],
    ['{{time days}}', /^line 1, column 8: expected \{\{time\}\} \(ISO 8601\)/],
    ['{{domain x}}', 'line 1, column 10: expected {{domain}}'],
    ['{{"a" b}}', 'line 1, column 7: expected }} behind a text in quotes'],
  ])('tells where %s is wrong, and what was expected', (text, message) => {
    if (typeof message === 'string') expect(errorOf(text)).toBe(message);
    else expect(errorOf(text)).toMatch(message);
  });

  it('never fails in another way, and keeps a text without placeholders as it is', () => {
    const piece = fc.oneof(
      fc.constantFrom('{{', '}}', '"', ':', 'int', 'choice', ' ', '1', '\n'),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join('');
        try {
          const parts = parseTemplate(text);
          if (!text.includes('{{')) expect(parts).toEqual(text === '' ? [] : [{ kind: 'text', text }]);
        } catch (error) {
          expect(error).toBeInstanceOf(TemplateError);
        }
      }),
      { seed: 71, numRuns: 500 },
    );
  });
});

describe('samples of a template', () => {
  it('hold every option of every choice', () => {
    const parts = parseTemplate('{{choice a b c}}-{{choice 1 2}}-{{sequence 3}}');
    expect(templateSamples(parts)).toEqual(['a-1-007', 'b-2-007', 'c-2-007']);
  });
});
