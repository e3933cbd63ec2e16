import { expect, it } from 'vitest';
import { formatStopwatch } from '../../src/base/units.js';
import { timeSteps } from '../../src/ui/ticks.js';

it('ticks of a time stand where its clock has a name for each: no two alike, all as far apart as they say', () => {
  expect(timeSteps).toEqual(timeSteps.toSorted((a, b) => a - b));
  for (const step of timeSteps) {
    const names = Array.from({ length: 8 }, (_, i) => formatStopwatch(i * step));
    expect(new Set(names).size, String(step)).toBe(8);
    const seconds = names.map((name) => name.split(':').reduce((sum, part) => 60 * sum + Number(part), 0));
    expect(seconds).toEqual(names.map((_, i) => i * step));
  }
});
