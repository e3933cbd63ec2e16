import { describe, expect, it } from 'vitest';
import { interpolate, stepSeconds, type VariableValue } from '../support/grafana/interpolate.js';

const HALF_AN_HOUR = { fromSeconds: 0, toSeconds: 1800, scrapeSeconds: 15, maxPoints: 600 };

describe('variables in an expression', () => {
  it('are escaped where they are chosen, and written as they are for All', () => {
    const variables = new Map<string, VariableValue>([
      ['one', "a'b"],
      ['several', ['x.y', 'z']],
      ['single', ['x.y']],
      ['every', { all: '.+' }],
    ]);
    expect(interpolate('a{b="$one",c=~"$several"}', variables, HALF_AN_HOUR)).toBe(
      `a{b="a\\\\'b",c=~"(x\\\\.y|z)"}`,
    );
    expect(interpolate(`a{c=~"$single",d=~"$\{every}"}`, variables, HALF_AN_HOUR)).toBe(
      'a{c=~"x\\\\.y",d=~".+"}',
    );
  });

  it('has rates over four scrapes at least, and a step more than a scrape', () => {
    expect(interpolate('rate(a[$__rate_interval])', new Map(), HALF_AN_HOUR)).toBe('rate(a[60s])');
    const aWeek = { ...HALF_AN_HOUR, toSeconds: 7 * 86_400 };
    expect(stepSeconds(aWeek)).toBe(1008);
    expect(interpolate('increase(a[$__range]) + rate(a[$__rate_interval])', new Map(), aWeek)).toBe(
      'increase(a[604800s]) + rate(a[1023s])',
    );
  });

  it('are refused when there are none of the name', () => {
    expect(() => interpolate('a{b=~"$nobody"}', new Map(), HALF_AN_HOUR)).toThrow('no variable nobody');
  });
});
