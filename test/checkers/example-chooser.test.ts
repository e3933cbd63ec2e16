import { describe, expect, it } from 'vitest';
import { ExampleChooser } from '../../src/checkers/example-chooser.js';

function chosenOf(
  count: number,
  most = 32,
  isPreferred: (number: number) => boolean = () => false,
): number[] {
  const chooser = new ExampleChooser<number>();
  for (let i = 0; i < count; i++) chooser.offer(i, isPreferred(i));
  expect(chooser.count).toBe(count);
  return chooser.choose(most);
}
const ascending = (numbers: readonly number[]) => [...new Set(numbers)].sort((a, b) => a - b);

describe('the choice of examples', () => {
  it.each([0, 1, 31, 32])('is all of them, in order, where they are few: %i', (count) => {
    expect(chosenOf(count)).toEqual(Array.from({ length: count }, (_, i) => i));
  });

  it.each([33, 63, 64, 65, 129, 1_000, 100_003])(
    'is as many as there may be, each once, in order, of %i',
    (count) => {
      for (const most of [0, 1, 2, 3, 7, 16, 31, 32]) {
        for (const every of [1, 3, count]) {
          const chosen = chosenOf(count, most, (number) => number % every === 0);
          expect(chosen).toHaveLength(most);
          expect(chosen).toEqual(ascending(chosen));
        }
      }
    },
  );

  it('has the first few, the last few, and no wide gap between', () => {
    const chosen = chosenOf(100_003);
    expect(chosen.slice(0, 4)).toEqual([0, 1, 2, 3]);
    expect(chosen.slice(-4)).toEqual([99_999, 100_000, 100_001, 100_002]);
    const gaps = chosen.slice(1).map((number, i) => number - chosen[i]!);
    expect(Math.max(...gaps)).toBeLessThan(100_003 / 8);
  });

  it('is to a good part of the preferred, however few they are among all', () => {
    const isPreferred = (number: number) => number >= 70_000 && number < 70_100;
    const chosen = chosenOf(100_000, 32, isPreferred);
    expect(chosen.filter(isPreferred)).toHaveLength(12);
    expect(chosenOf(100_000, 32, (number) => number === 70_001)).toContain(70_001);
  });
});
