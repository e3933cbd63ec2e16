import { describe, expect, it } from 'vitest';
import { metricsPage } from '../../scripts/metrics-page.js';
import { CATALOG } from '../../src/monitor/family.js';
import { readGuide } from '../support/guide.js';
import { EXPORTED } from './servers/exporter-metrics.js';

/** The names in the first column of its tables. */
const tabled = (page: string): string[] =>
  [...page.matchAll(/^\| `([a-z_]+)` \|/gm)].map(([, name]) => name!).sort();

describe('the list of every metric', () => {
  it('is what the catalog makes of it: `npm run metrics` writes it', async () => {
    expect(readGuide('metrics.md')).toBe(await metricsPage());
  });

  it('has each metric of the catalog and of the exporter once, and no other', () => {
    const names = [...CATALOG.map(({ name }) => name), ...EXPORTED.keys()];
    expect(tabled(readGuide('metrics.md'))).toEqual(names.sort());
  });

  it('has a unit, a source and what it says for each of ours', () => {
    const rows = [...readGuide('metrics.md').matchAll(/^\| `cim_\w+` \|.*$/gm)].map(([row]) =>
      row.split(' | '),
    );
    expect(rows).toHaveLength(CATALOG.length);
    for (const [name, type, unit, , source, what] of rows)
      for (const cell of [type, unit, source, what]) expect(cell, name).toMatch(/\w/);
  });
});

describe('the guide to monitoring', () => {
  it('names no metric that there is not', () => {
    const known: readonly string[] = CATALOG.map(({ name }) => name);
    const named = [...readGuide('monitoring.md').matchAll(/(?<![:\w])cim_[a-z_]*[a-z](?![:\w])/g)].map(
      ([name]) => name,
    );
    expect(named.length).toBeGreaterThan(15);
    expect(named.filter((name) => !known.includes(name))).toEqual([]);
  });

  it.each(['monitoring.md', 'metrics.md', 'alerts.md'])(
    'leads from %s only to headings that there are',
    (file) => {
      const links = [...readGuide(file).matchAll(/\]\(([\w.-]+\.md)?#([^)]+)\)/g)];
      expect(
        links.filter(([, to = file, anchor]) => !anchorsOf(to).includes(anchor!)).map(([link]) => link),
      ).toEqual([]);
    },
  );
});

/** What GitHub makes of the headings. */
function anchorsOf(file: string): string[] {
  return [...readGuide(file).matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
