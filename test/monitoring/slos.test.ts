import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readSlos } from '../../monitoring/generate/slo-file.js';
import { sloRules } from '../../monitoring/generate/slo-rules.js';

const GOOD = {
  name: 'x-good',
  description: 'It is good.',
  objective: '99.5%',
  by: ['domain'],
  bad: 'a_total{b="c"}',
  total: ['a_total', 'd_total'],
  'least-events-per-hour': 10,
};
const withSlo = (change: object): string => JSON.stringify({ slos: [{ ...GOOD, ...change }] });

describe('slos.yaml', () => {
  it('is read: an objective as a share, one counter or several', () => {
    expect(readSlos(withSlo({}))).toEqual([
      {
        name: 'x-good',
        description: 'It is good.',
        objective: 0.995,
        by: ['domain'],
        bad: ['a_total{b="c"}'],
        total: ['a_total', 'd_total'],
        leastEventsPerHour: 10,
      },
    ]);
  });

  it.each([
    ['a budget of nothing', { objective: '100%' }, /slos\.0\.objective: .*cannot burn/],
    [
      'an objective that is no percentage',
      { objective: '0.99' },
      /slos\.0\.objective: expected a percentage/,
    ],
    ['what is good and what is bad', { good: 'b_total' }, /either good or bad/],
    ['neither of them', { bad: undefined }, /either good or bad/],
    ['an expression for a counter', { total: 'rate(a_total[5m])' }, /slos\.0\.total/],
    ['a key that there is not', { window: '7d' }, /window/],
    ['no label', { by: [] }, /slos\.0\.by/],
  ])('is refused with %s, and says where', (_, change, words) => {
    expect(() => readSlos(withSlo(change))).toThrow(words);
  });

  it('is refused with two of one name', () => {
    expect(() => readSlos(JSON.stringify({ slos: [GOOD, GOOD] }))).toThrow(/two SLOs have one name/);
  });

  it('burns as the workbook has it: 14.4 and 6 for a page, 3 and 1 for a ticket, each over a long and a short window', () => {
    const { groups } = parse(sloRules(readSlos(withSlo({})))) as {
      groups: { name: string; rules: { expr: string; labels: { severity: string } }[] }[];
    };
    const alerts = groups.find(({ name }) => name === 'slo')?.rules ?? [];
    const burns = alerts.map(({ expr, labels }) => [
      labels.severity,
      ...[...expr.matchAll(/slo:burn_rate:rate(\w+) > ([\d.]+)/g)].map(
        ([, window, rate]) => `${rate} in ${window}`,
      ),
    ]);
    expect(burns).toEqual([
      ['page', '14.4 in 1h', '14.4 in 5m'],
      ['page', '6 in 6h', '6 in 30m'],
      ['ticket', '3 in 1d', '3 in 2h'],
      ['ticket', '1 in 3d', '1 in 6h'],
    ]);
  });
});
