import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  filtersOverlap,
  subjectFilterProblem,
  subjectMatches,
  subjectProblem,
} from '../../src/base/subjects.js';

const token = fc.constantFrom('a', 'b', 'c');
const subject = fc.array(token, { minLength: 1, maxLength: 4 }).map((tokens) => tokens.join('.'));
const filter = fc
  .tuple(fc.array(fc.oneof(token, fc.constant('*')), { minLength: 1, maxLength: 3 }), fc.boolean())
  .map(([tokens, open]) => [...tokens, ...(open ? ['>'] : [])].join('.'));

describe('subjectMatches', () => {
  it.each([
    ['a.b', 'a.b', true],
    ['a.*', 'a.b', true],
    ['a.*', 'a.b.c', false],
    ['a.>', 'a.b.c', true],
    ['a.>', 'a', false],
    ['>', 'a', true],
    ['*.b', 'a.b', true],
    ['a.b', 'a', false],
  ])('%s of %s: %s', (of, name, expected) => {
    expect(subjectMatches(of, name)).toBe(expected);
  });
});

describe('filtersOverlap', () => {
  it('holds exactly when some subject matches both', () => {
    const all: string[] = [];
    const grow = (tokens: readonly string[]) => {
      if (tokens.length > 0) all.push(tokens.join('.'));
      if (tokens.length < 5) for (const next of ['a', 'b', 'c']) grow([...tokens, next]);
    };
    grow([]);
    fc.assert(
      fc.property(filter, filter, (one, other) => {
        const both = all.some((name) => subjectMatches(one, name) && subjectMatches(other, name));
        expect(filtersOverlap(one, other)).toBe(both);
        expect(filtersOverlap(other, one)).toBe(both);
      }),
      { seed: 20261122, numRuns: 300 },
    );
  });

  it('holds for a filter and each subject that it matches', () => {
    fc.assert(
      fc.property(filter, subject, (one, name) => {
        expect(filtersOverlap(one, name)).toBe(subjectMatches(one, name));
      }),
      { seed: 20261122, numRuns: 300 },
    );
  });
});

describe('a legal subject', () => {
  it.each(['a', 'a.b', 'cim.events.orders.Placed', '$X.y'])('%s', (name) => {
    expect(subjectProblem(name)).toBeUndefined();
  });
  it.each(['', '.', 'a.', '.a', 'a..b', 'a b', 'a\tb', 'a.*', 'a.>', 'x'.repeat(256)])(
    'is not %j',
    (name) => {
      expect(subjectProblem(name)).toBeTypeOf('string');
    },
  );
  it.each(['a.>.b', 'a.b*', '>.a', 'a.>>'])('of a stream is not %j', (name) => {
    expect(subjectFilterProblem(name)).toBeTypeOf('string');
  });
});
