import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { problems, VALID } from './plugins.js';

const everyKey = [...VALID.matchAll(/([\w.-]+):/g)].map(([, key]) => key as string);
const anything = fc.oneof(
  fc.constantFrom('', 'null', '[]', '{}', '-1', '0', '1e400', '.nan', 'true', '5s', '-5k/s', '9'.repeat(400)),
  fc.constantFrom(
    `${'9'.repeat(400)}s`,
    `${'9'.repeat(400)}/s`,
    `${'9'.repeat(400)}B`,
    '[[[]]]',
    '{ a: { b: c } }',
    '"\\u0000"',
  ),
  fc.json({ maxDepth: 2 }),
  fc.string({ maxLength: 12 }),
);
const path = fc
  .array(fc.oneof(fc.constantFrom(...everyKey), fc.constantFrom('0', '1', 'orders', 'ORDERS')), {
    minLength: 1,
    maxLength: 4,
  })
  .map((steps) => steps.join('.'));

const placed = ({ line, column, option, message }: ReturnType<typeof problems>[number]): boolean =>
  message.length > 0 && (option !== undefined || ((line ?? 0) >= 1 && (column ?? 0) >= 1));

/** Whatever is handed in: a plan, or problems that each have a place; never another error, and never a plan of nonsense. */
describe('any input at all', () => {
  it('of text that was cut, doubled and scribbled over', () => {
    const lines = VALID.split('\n');
    const spot = fc.nat({ max: VALID.length });
    fc.assert(
      fc.property(spot, spot, fc.oneof(anything, fc.constantFrom(...lines)), (from, length, put) => {
        const text = VALID.slice(0, from) + put + VALID.slice(from + (length % 40));
        expect(problems(text).every(placed)).toBe(true);
      }),
      { seed: 20261122, numRuns: 150 },
    );
  });

  it('of values put anywhere', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(path, anything), { minLength: 1, maxLength: 3 }), (sets) => {
        const found = problems(VALID, { sets: sets.map(([at, value]) => `${at}=${value}`) });
        expect(found.every(placed)).toBe(true);
      }),
      { seed: 20261122, numRuns: 150 },
    );
  });
});
