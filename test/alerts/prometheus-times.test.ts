import { describe, expect, it } from 'vitest';
import {
  dividePrometheusDuration,
  formatPrometheusDuration,
  parsePrometheusDuration,
} from '../../src/alerts/prometheus-duration.js';
import { comparedSides, divideWindows, longestLookBackNs, namesIn } from '../../src/alerts/promql-text.js';

const S = 1e9;

describe('a duration of Prometheus', () => {
  it.each([
    ['0', 0],
    ['30s', 30 * S],
    ['1m30s', 90 * S],
    ['500ms', S / 2],
    ['1h', 3600 * S],
    ['1w2d', 9 * 86_400 * S],
  ])('%s is read as so many nanoseconds', (text, ns) => {
    expect(parsePrometheusDuration(text)).toBe(ns);
  });

  it.each(['', '5', '1s1m', '1.5s', 'soon', '{{ $labels.for }}'])('%s is none', (text) => {
    expect(parsePrometheusDuration(text)).toBeUndefined();
  });

  it('is written such that it reads as the same', () => {
    for (const text of ['500ms', '1m30s', '2h', '1d', '1s500ms']) {
      expect(formatPrometheusDuration(parsePrometheusDuration(text) as number)).toBe(text);
    }
    expect(formatPrometheusDuration(0)).toBe('0s');
  });

  it('is divided to the millisecond, and never to nothing', () => {
    expect(dividePrometheusDuration('1m', 30)).toBe('2s');
    expect(dividePrometheusDuration('10s', 30)).toBe('333ms');
    expect(dividePrometheusDuration('10ms', 30)).toBe('1ms');
    expect(dividePrometheusDuration('0s', 30)).toBe('0s');
  });
});

describe('an expression', () => {
  it.each([
    ['rate(a[5m]) > 0.5', 'rate(a[10s]) > 0.5'],
    ['max_over_time(rate(a[5m])[1h:30s])', 'max_over_time(rate(a[10s])[2m:1s])'],
    ['a offset 10m - a offset -1h', 'a offset 20s - a offset -2m'],
    // Numbers are values, those of seconds too; and quotes hold no times.
    ['time() - a > 300', 'time() - a > 300'],
    ['a{b="[5m]", c=~"x offset 5m"}[5m]', 'a{b="[5m]", c=~"x offset 5m"}[10s]'],
    ['a[5m] # within [5m]', 'a[10s] # within [5m]'],
    ["a{b='it\\'s [1m]'}[1m]", "a{b='it\\'s [1m]'}[2s]"],
  ])('%s is divided to %s', (whole, divided) => {
    expect(divideWindows(whole, 30)).toBe(divided);
  });

  it('looks back as far as its longest window that must be filled', () => {
    expect(longestLookBackNs('rate(a[5m]) / (rate(b[1h]) > 0)')).toBe(3600 * S);
    expect(longestLookBackNs('a offset 1d')).toBe(86_400 * S);
    expect(longestLookBackNs('last_over_time(a[2h]) == 0 and max_over_time(b{c="d"}[1d])')).toBe(0);
    expect(longestLookBackNs('avg_over_time(a[2h])')).toBe(7200 * S);
    expect(longestLookBackNs('a{b="[9d]"} > 1')).toBe(0);
  });

  it('has names, outside of its quotes', () => {
    expect(namesIn('sum by (domain) (cim:events:rate5m{type="deriv"})')).toEqual(
      new Set(['sum', 'by', 'domain', 'cim:events:rate5m', 'type']),
    );
  });

  it('is shown by what it compares, where it did not hold', () => {
    expect(comparedSides('max by (server) (up) == 0')).toEqual(['max by (server) (up)']);
    expect(comparedSides('(a > 1) and on (x) group_left () (b == bool 0)')).toEqual(['a', 'b']);
    expect(comparedSides('label_replace(a{x="1,2"} / (b > 0) > 0.8, "c", "$1", "d", "(.+)")')).toEqual([
      'a{x="1,2"} / (b > 0)',
    ]);
    expect(comparedSides('absent(up)')).toEqual(['absent(up)']);
    expect(comparedSides('(a or b) unless c')).toEqual(['a', 'b', 'c']);
  });
});
