import { describe, expect, it } from 'vitest';
import { labelsGroupedBy, metricsUsed } from '../support/grafana/promql-names.js';

describe('what an expression asks for', () => {
  it('is its metrics with the labels of their selectors', () => {
    expect(
      metricsUsed('sum by (le) (rate(a_bucket{x=~"1|2",y!="b"}[5m])) / scalar(slo:b:rate5m > 0)'),
    ).toEqual([
      { metric: 'a_bucket', labels: ['x', 'y'] },
      { metric: 'slo:b:rate5m', labels: [] },
    ]);
  });

  it('is neither functions nor operators nor what stands in strings', () => {
    expect(metricsUsed('time() - max(a{b="rate(c[5m])"}) or vector(0) unless on (d) e offset 5m')).toEqual([
      { metric: 'a', labels: ['b'] },
      { metric: 'e', labels: [] },
    ]);
  });

  it('groups and joins by labels', () => {
    expect(labelsGroupedBy('sum by (a, b) (x) / on (c) group_left () y')).toEqual(['a', 'b', 'c']);
  });
});
