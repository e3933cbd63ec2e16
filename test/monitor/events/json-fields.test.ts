import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonFields, SCAN } from '../../../src/monitor/events/json-fields.js';
import { FIELD } from '../../../src/monitor/events/scanned-event.js';

const WANTED = ['a', 'b', 'a.b', 'a.b.c', 'b.a', 'time', 'x'.repeat(70), 'é', 'quo"te', ''] as const;
const names = WANTED.filter((name) => name !== '');

/** Scans a text that stands in the middle of other bytes; what was found is as JSON.parse would have it. */
function scan(text: string | Uint8Array, wanted: readonly string[] = names, maxDepth?: number) {
  const fields = new JsonFields(maxDepth);
  const numbers = wanted.map((name) => fields.want(name));
  const bytes = Buffer.from(text as string);
  const buffer = new Uint8Array(bytes.length + 12).fill(0x7d);
  buffer.set(bytes, 5);
  const data = new DataView(buffer.buffer);
  // Texts are decoded where they stand.
  const before = buffer.slice();
  const result = fields.scan(buffer, data, 0, 5, 5 + bytes.length);
  const found: Record<string, unknown> = {};
  wanted.forEach((name, i) => {
    const field = numbers[i]!;
    const textOf = (from: Uint8Array) =>
      Buffer.from(from.subarray(fields.starts[field], fields.ends[field])).toString('utf8');
    if (fields.kinds[field] === FIELD.text) found[name] = textOf(buffer);
    else if (fields.kinds[field] === FIELD.number) found[name] = fields.numbers[field];
    else if (fields.kinds[field] === FIELD.boolean) found[name] = fields.numbers[field] === 1;
    else if (fields.kinds[field] === FIELD.other) found[name] = JSON.parse(textOf(before));
  });
  return { result, found, end: fields.end - 5 };
}

/** What JSON.parse says is at a dotted path; undefined for nothing and for null. */
function at(value: unknown, path: string): unknown {
  let here = value;
  for (const key of path.split('.')) {
    if (typeof here !== 'object' || here === null || Array.isArray(here) || !Object.hasOwn(here, key))
      return undefined;
    here = (here as Record<string, unknown>)[key];
  }
  return here ?? undefined;
}

function expected(value: unknown): Record<string, unknown> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const there = at(value, name);
      return there === undefined ? [] : [[name, there]];
    }),
  );
}

const key = fc.oneof(
  fc.constantFrom('a', 'b', 'c', 'time', 'é', 'quo"te', 'x'.repeat(70), ''),
  fc.string({ unit: 'binary', maxLength: 6 }),
);
const { value: anyJson } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => (Object.is(number, -0) ? 0 : number)),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(key, tie('value'), { maxKeys: 5 }),
  ),
}));
const anyObject = fc.dictionary(key, anyJson, { maxKeys: 6 });
const indent = fc.constantFrom(undefined, 1, '\t', '\r\n ');

/** As some writers do: every character of a string in hex. */
const hexed = (text: string): string =>
  text.replace(/"((?:[^"\\]|\\.)*)"/g, (quoted) => {
    const characters = JSON.parse(quoted) as string;
    const codes = Array.from({ length: characters.length }, (_, i) =>
      characters.charCodeAt(i).toString(16).padStart(4, '0'),
    );
    return `"${codes.map((code) => `\\u${code}`).join('')}"`;
  });

describe('JsonFields', () => {
  it('finds in any object what JSON.parse finds, and where it ends', () => {
    fc.assert(
      fc.property(anyObject, indent, fc.boolean(), (object, space, inHex) => {
        const plain = JSON.stringify(object, null, space);
        const text = inHex ? hexed(plain) : plain;
        const { result, found, end } = scan(text);
        expect(result).toBe(SCAN.ok);
        expect(found).toEqual(expected(JSON.parse(text)));
        expect(end).toBe(Buffer.byteLength(text));
      }),
      { seed: 71, numRuns: 400 },
    );
  });

  it('takes for JSON exactly what JSON.parse takes, whatever was changed, cut or put in', () => {
    const change = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      remove: fc.nat(3),
      insert: fc.oneof(
        fc.constantFrom(
          '"',
          '{',
          '}',
          '[',
          ']',
          ',',
          ':',
          '\\',
          '\\u12',
          '-',
          '.',
          'e',
          '0',
          'nul',
          ' ',
          '\n',
        ),
        fc.string({ unit: 'binary', maxLength: 3 }),
      ),
    });
    let refused = 0;
    fc.assert(
      fc.property(anyObject, fc.array(change, { minLength: 1, maxLength: 2 }), (object, changes) => {
        let text = JSON.stringify(object);
        for (const { at: where, remove, insert } of changes) {
          const place = 1 + Math.floor(where * (text.length - 1));
          text = text.slice(0, place) + insert + text.slice(place + remove);
        }
        const bytes = Buffer.from(text);
        let parsed: unknown;
        try {
          parsed = JSON.parse(bytes.toString('utf8'));
        } catch {
          refused++;
        }
        const { result, found, end } = scan(bytes);
        const whole = result === SCAN.ok && bytes.subarray(end).toString('utf8').trim() === '';
        expect(whole).toBe(parsed !== undefined);
        // Where a key stands twice, what was in its first object may still be found.
        if (whole && JSON.stringify(parsed).length === text.replace(/\s/g, '').length) {
          const text1 = JSON.stringify(expected(parsed));
          expect(JSON.stringify(found)).toBe(text1);
        }
      }),
      { seed: 72, numRuns: 1500 },
    );
    expect(refused).toBeGreaterThan(500);
  });

  it('reads bytes that are no UTF-8 as what they are decoded to, and stops where it is told to', () => {
    const bytes = Buffer.from([...Buffer.from('{"a":"'), 0xff, 0xc0, 0x80, ...Buffer.from('","b":1}')]);
    expect(scan(bytes)).toMatchObject({ result: SCAN.ok, found: { a: '\ufffd\ufffd\ufffd', b: 1 } });
    // What stands behind is made of `}`: none of them may be taken.
    for (const cut of [
      '{',
      '{"a"',
      '{"a":',
      '{"a":1',
      '{"a":"',
      '{"a":"\\',
      '{"a":"\\u00',
      '{"a":{',
      '{"a":t',
    ]) {
      expect(scan(cut).result, cut).toBe(SCAN.malformed);
    }
  });

  it('gives numbers their value, to the last bit or its neighbour', () => {
    const number = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
      fc.bigInt({ min: -(10n ** 21n), max: 10n ** 21n }).map(String),
      fc.tuple(fc.integer(), fc.stringMatching(/^\d{1,14}$/)).map(([whole, part]) => `${whole}.${part}`),
      fc.constantFrom(
        '0',
        '-0',
        '1732312345123456789',
        '1e400',
        '-1E-3',
        '0.1',
        '123456789012345678901234567890',
      ),
    );
    fc.assert(
      fc.property(number, (text) => {
        const value = Number(text);
        const { found } = scan(`{"a":${text}}`);
        const off = Math.abs((found.a as number) - value);
        expect(found.a === value || off <= Math.abs(value) * Number.EPSILON).toBe(true);
        if (text.replace(/\D/g, '').length <= 15) expect(found.a).toBe(Number(text));
      }),
      { seed: 73, numRuns: 500 },
    );
  });

  it('prefers the names of a field in their order, and takes null for nothing', () => {
    const fields = new JsonFields();
    const field = fields.want('time', 'meta.time', 'timestamp');
    const other = fields.want('timestamp');
    const valueIn = (text: string, of = field) => {
      const bytes = new Uint8Array(Buffer.from(text));
      expect(fields.scan(bytes, new DataView(bytes.buffer), 0, 0, bytes.length)).toBe(SCAN.ok);
      return fields.kinds[of] === FIELD.absent ? undefined : fields.numbers[of];
    };
    expect(valueIn('{"timestamp":3,"meta":{"time":2},"time":1}')).toBe(1);
    expect(valueIn('{"time":1,"meta":{"time":2}}')).toBe(1);
    expect(valueIn('{"meta":{"time":2},"timestamp":3}')).toBe(2);
    expect(valueIn('{"time":null,"timestamp":3}')).toBe(3);
    expect(valueIn('{"time":1,"time":4}')).toBe(4);
    expect(valueIn('{"time":1,"timestamp":3}', other)).toBe(3);
    expect(valueIn('{"meta":[{"time":2}]}')).toBeUndefined();
    expect(valueIn('{}')).toBeUndefined();
  });

  it('reads no deeper than it may, however deep it is', () => {
    const nested = (depth: number) => `{"a":1,"b":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;
    expect(scan(nested(64)).result).toBe(SCAN.ok);
    expect(scan(nested(65))).toMatchObject({ result: SCAN.tooDeep, found: {} });
    expect(scan(`{"a":${'{"a":'.repeat(200_000)}`).result).toBe(SCAN.tooDeep);
    expect(scan(nested(3), names, 2).result).toBe(SCAN.tooDeep);
  });
});

describe('whether an object made of a text may have a wanted field', () => {
  const wanting = (...names: string[]) => {
    const fields = new JsonFields();
    fields.want(...names);
    return fields;
  };

  it('is denied only of texts in whose objects none is found', () => {
    const keys = fc.constantFrom('a', 'b', 'c', 'time', 'quo"te', 'é', 'zz');
    const objects = fc.dictionary(
      keys,
      fc.oneof(fc.string(), fc.integer(), fc.dictionary(keys, fc.integer())),
    );
    let denied = 0;
    fc.assert(
      fc.property(objects, (object) => {
        const text = JSON.stringify(object);
        if (wanting(...names).mayHaveAny(text)) return;
        denied++;
        expect(scan(text).found).toEqual({});
      }),
      { seed: 76 },
    );
    expect(denied).toBeGreaterThan(0);
  });

  it('is not denied where a key is drawn, or written with escapes', () => {
    const fields = wanting('outcome', 'meta.error');
    expect(fields.mayHaveAny('{"f":"{{hex 16}}","n":{{int 1 9}}}')).toBe(false);
    expect(fields.mayHaveAny('{"outcome":"{{choice ok failed}}"}')).toBe(true);
    expect(fields.mayHaveAny('{"meta":{"error":1}}')).toBe(true);
    expect(fields.mayHaveAny('{"{{words 1 1}}":1}')).toBe(true);
    expect(fields.mayHaveAny('{"out{{hex 4}}" : 1}')).toBe(true);
    expect(fields.mayHaveAny('{"\\u006futcome":1}')).toBe(true);
  });
});
