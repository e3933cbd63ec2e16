import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OTHER, SeriesTable } from '../../src/monitor/series-table.js';

const tokens = { domainToken: 2, typeToken: 3 };

function find(table: SeriesTable, subject: string | Uint8Array): number {
  const bytes = Buffer.from(subject);
  return table.find(Buffer.concat([Buffer.from('MSG '), bytes, Buffer.from(' 1 0')]), 4, 4 + bytes.length);
}

const labels = (table: SeriesTable, subject: string | Uint8Array) => {
  const series = find(table, subject);
  return [table.domains[series], table.types[series]];
};

describe('SeriesTable', () => {
  it('tells domains and types apart by their tokens, whatever follows', () => {
    const table = new SeriesTable(tokens, 'cim.events.>', 100);
    const placed = find(table, 'cim.events.orders.Placed');
    expect(labels(table, 'cim.events.orders.Placed')).toEqual(['orders', 'Placed']);
    expect(find(table, 'cim.events.orders.Placed.eu.42')).toBe(placed);
    expect(find(table, 'cim.events.orders.Paid')).not.toBe(placed);
    expect(find(table, 'cim.events.ordersP.laced')).not.toBe(placed);
    expect(labels(table, 'cim.events.orders')).toEqual(['orders', '']);
    expect(table.size).toBe(5);
  });

  it('finds the tokens wherever the plan has them, with or without wildcards before', () => {
    const swapped = new SeriesTable({ domainToken: 3, typeToken: 1 }, '*.*.>', 10);
    expect(labels(swapped, 'a.Type.b.domain.c')).toEqual(['domain', 'Type']);
    const same = new SeriesTable({ domainToken: 0, typeToken: 0 }, '>', 10);
    expect(labels(same, 'orders.Placed')).toEqual(['orders', 'orders']);
    const literal = new SeriesTable(tokens, 'cim.events.orders.Placed', 10);
    expect(labels(literal, 'cim.events.orders.Placed')).toEqual(['orders', 'Placed']);
    const short = new SeriesTable(tokens, 'a', 10);
    expect(labels(short, 'a')).toEqual(['', '']);
  });

  it('gives one series to one pair and different series to different pairs, for any subjects', () => {
    const token = fc.stringMatching(/^[a-c]{1,3}$/);
    const subjects = fc.array(fc.tuple(token, token, fc.array(token, { maxLength: 2 })), { maxLength: 300 });
    fc.assert(
      fc.property(subjects, (drawn) => {
        const table = new SeriesTable(tokens, 'cim.events.>', 2000);
        const seen = new Map<string, number>();
        for (const [domain, type, rest] of drawn) {
          const series = find(table, ['cim', 'events', domain, type, ...rest].join('.'));
          expect(labels(table, ['cim', 'events', domain, type, ...rest].join('.'))).toEqual([domain, type]);
          expect(seen.get(`${domain}.${type}`) ?? series).toBe(series);
          seen.set(`${domain}.${type}`, series);
        }
        expect(new Set(seen.values()).size).toBe(seen.size);
      }),
      { seed: 7, numRuns: 50 },
    );
  });

  it('gives one series to what is shown alike', () => {
    const table = new SeriesTable(tokens, 'cim.events.>', 10);
    const series = find(table, 'cim.events.a\u0001.b');
    expect(labels(table, 'cim.events.a\u0001.b')).toEqual(['a\ufffd', 'b']);
    expect(find(table, 'cim.events.a\u0002.b')).toBe(series);
    expect(find(table, Buffer.from('cim.events.a\xff.b', 'latin1'))).toBe(series);
  });

  it('counts together what there is no room for, and says how often', () => {
    const table = new SeriesTable(tokens, 'cim.events.>', 4);
    for (let i = 0; i < 10; i++) find(table, `cim.events.d.t${i}`);
    expect(table.size).toBe(4);
    expect(table.dropped).toBe(7);
    expect(labels(table, 'cim.events.d.t9')).toEqual(['other', 'other']);
    expect(labels(table, 'cim.events.d.t2')).toEqual(['d', 't2']);
    expect(find(table, 'cim.events.d.t9')).toBe(OTHER);
  });

  it('never makes two series with the same labels: what is no UTF-8, what is long, what is called other', () => {
    const table = new SeriesTable(tokens, 'cim.events.>', 100);
    const bad = (byte: number) => Buffer.from([...Buffer.from('cim.events.d.'), byte]);
    expect(find(table, bad(0xff))).toBe(find(table, bad(0xfe)));
    expect(find(table, `cim.events.d.${'x'.repeat(300)}`)).toBe(
      find(table, `cim.events.d.${'x'.repeat(400)}`),
    );
    expect(find(table, 'cim.events.other.other')).toBe(OTHER);
    expect(table.dropped).toBe(0);
  });

  it('keeps thousands of pairs, and finds each of them again', () => {
    const table = new SeriesTable(tokens, 'cim.events.>', 10_000);
    const subjects = Array.from(
      { length: 9999 },
      (_, i) => `cim.events.domain-${i % 100}.Type${Math.floor(i / 100)}`,
    );
    const first = subjects.map((subject) => find(table, subject));
    expect(new Set(first).size).toBe(9999);
    expect(subjects.map((subject) => find(table, subject))).toEqual(first);
  });
});
