import { describe, expect, it } from 'vitest';
import { editDistance, nearest } from '../../src/base/nearest.js';

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['rate', 'rate', 0],
    ['raet', 'rate', 1],
    ['rat', 'rate', 1],
    ['straems', 'streams', 1],
    ['load', 'faults', 6],
    ['', 'abc', 3],
  ])('%s → %s: %i', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
    expect(editDistance(b, a)).toBe(distance);
  });
});

describe('nearest', () => {
  it('overlooks case, dashes and underscores', () => {
    expect(nearest('restartAfter', ['restart-after', 'target'])).toBe('restart-after');
    expect(nearest('max-age', ['max_age', 'max_msgs'])).toBe('max_age');
  });

  it('names none when none is near, or several are as near', () => {
    expect(nearest('zebra', ['rate', 'for'])).toBeUndefined();
    expect(nearest('n4', ['n1', 'n2', 'n3'])).toBeUndefined();
    expect(nearest('x', ['y'])).toBeUndefined();
    expect(nearest('x'.repeat(5000), ['y'.repeat(5000)])).toBeUndefined();
  });
});
