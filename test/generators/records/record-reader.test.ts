import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { RecordFormat } from '../../../src/contracts/plan/record-file.js';
import type { RecordFields } from '../../../src/contracts/records.js';
import { type RecordFile, RecordReader } from '../../../src/generators/records/record-reader.js';
import { scanRecords } from '../../../src/generators/records/scan-records.js';

const dir = mkdtempSync(join(tmpdir(), 'stormglass-records-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

let files = 0;
function fileOf(text: string | Buffer, format: RecordFormat, column?: string): RecordFile {
  const path = join(dir, `${files++}`);
  writeFileSync(path, text);
  return { path, format, ...(column !== undefined && { column }) };
}

function recordsOf(file: RecordFile): string[] {
  const reader = new RecordReader(file);
  const records: string[] = [];
  try {
    while (reader.next()) {
      records.push(Buffer.from(reader.bytes).toString('utf8', reader.start, reader.end));
    }
  } finally {
    reader.close();
  }
  return records;
}

const errorOf = (file: RecordFile, fields: Partial<RecordFields> = {}): string => {
  try {
    scanRecords(file, { types: [], ...fields });
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('the file was read');
};

describe('a file of records', () => {
  it('is its lines, whatever ends them, less those that are empty', () => {
    expect(recordsOf(fileOf('one\r\ntwo\n\n\nthree', 'lines'))).toEqual(['one', 'two', 'three']);
    expect(recordsOf(fileOf('\uFEFF{"a":1}\n', 'ndjson'))).toEqual(['{"a":1}']);
    expect(recordsOf(fileOf('', 'lines'))).toEqual([]);
  });

  it('hands out every line as it is, however long lines are and wherever chunks end', () => {
    const line = fc.oneof(
      { weight: 20, arbitrary: fc.stringMatching(/^[^\r\n\uFEFF\uD800-\uDFFF]{1,40}$/) },
      { weight: 1, arbitrary: fc.integer({ min: 30_000, max: 200_000 }).map((length) => 'x'.repeat(length)) },
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 60 }), (lines) => {
        expect(recordsOf(fileOf(`${lines.join('\n')}\n`, 'lines'))).toEqual(lines);
      }),
      { seed: 81, numRuns: 60 },
    );
  });

  it('becomes JSON objects where it is CSV, quotes, commas and line ends in cells included', () => {
    const csv = 'id,total,name,paid\n007,12.5,"Smith, ""Jo""\nJr",true\n8,,Ann,no\n';
    expect(recordsOf(fileOf(csv, 'csv')).map((record) => JSON.parse(record))).toEqual([
      { id: '007', total: 12.5, name: 'Smith, "Jo"\nJr', paid: true },
      { id: 8, total: null, name: 'Ann', paid: 'no' },
    ]);
    expect(recordsOf(fileOf(csv, 'csv', 'name'))).toEqual(['Smith, "Jo"\nJr', 'Ann']);
  });

  it('gives back any cells', () => {
    const quoted = (cell: string) => (/[",\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
    const cell = fc.stringMatching(/^[a-z ",\n]{1,12}$/);
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 30 }), (rows) => {
        const csv = ['a,b', ...rows.map((row) => row.map(quoted).join(','))].join('\n');
        const read = recordsOf(fileOf(csv, 'csv')).map((record) => JSON.parse(record));
        expect(read).toEqual(rows.map(([a, b]) => ({ a, b })));
      }),
      { seed: 82, numRuns: 100 },
    );
  });

  it('can be begun anew, and gone on with from a place', () => {
    const reader = new RecordReader(fileOf('n\n1\n2\n3\n', 'csv'));
    reader.next();
    const { place } = reader;
    reader.next();
    reader.next();
    expect([reader.field('n'), reader.next()]).toEqual(['3', false]);
    reader.goTo(place);
    reader.next();
    expect([reader.field('n'), reader.line]).toEqual(['2', 3]);
    reader.goTo();
    reader.next();
    expect([reader.field('n'), reader.line]).toEqual(['1', 2]);
    reader.close();
  });
});

describe('what a file holds', () => {
  it('is counted, measured and timed in one pass', () => {
    const lines = [
      { at: '2026-01-01T00:00:00Z', kind: 'Placed' },
      { at: '2026-01-01T02:00:00.5+02:00', kind: 'Paid' },
      { at: '2026-01-01T00:00:02.000001', kind: 'Paid', more: 'x'.repeat(100) },
    ].map((record) => JSON.stringify(record));
    const fields = { type: 'kind', types: ['Placed', 'Paid'], time: 'at' };
    const scan = scanRecords(fileOf(lines.join('\n'), 'ndjson'), fields);
    const lengths = lines.map((line) => line.length);
    expect(scan).toMatchObject({
      records: 3,
      minBytes: Math.min(...lengths),
      maxBytes: Math.max(...lengths),
      meanBytes: lengths.reduce((a, b) => a + b) / 3,
    });
    // Nanoseconds since 1970 are exact to a quarter of a microsecond.
    expect(Math.abs(scan.spanNs - 2_000_001_000)).toBeLessThan(1000);
  });

  it.each([
    ['seconds', '1767225600', '1767225601.5'],
    ['milliseconds', '1767225600000', '1767225601500'],
    ['microseconds', '1767225600000000', '1767225601500000'],
    ['nanoseconds', '1767225600000000000', '1767225601500000000'],
  ])('is timed in %s since 1970', (_, from, to) => {
    const { spanNs } = scanRecords(fileOf(`at\n${from}\n${to}\n`, 'csv'), { types: [], time: 'at' });
    expect(Math.abs(spanNs - 1.5e9)).toBeLessThan(1000);
  });

  it.each([
    ['that is not there', { path: '/nowhere/x', format: 'lines' }, {}, 'it is not there'],
    ['without a record', fileOf('\n\n', 'lines'), {}, 'it holds no record'],
    ['without a header', fileOf('', 'csv'), {}, /^it is empty: expected a first line/],
    ['with a line that is not JSON', fileOf('{}\n{oops\n', 'ndjson'), {}, 'line 2: this line is not JSON'],
    [
      'with a row of another length',
      fileOf('a,b\n1,2\n3\n', 'csv'),
      {},
      'line 3: this row has 1 cells, and the first line names 2 columns',
    ],
    [
      'with an open quote',
      fileOf('a,b\n1,"2\n3,4\n', 'csv'),
      {},
      /^line 2: a quote \("\) that is opened here/,
    ],
    ['with text behind a quote', fileOf('a\n"1"x\n', 'csv'), {}, /^line 2: cell 1 has text behind/],
    ['with two columns of a name', fileOf('a,a\n', 'csv'), {}, 'line 1: two columns are named `a`'],
    [
      'without the column',
      fileOf('a,b\n1,2\n', 'csv', 'c'),
      {},
      'line 1: there is no column `c`: its columns are a, b',
    ],
    [
      'without a time',
      fileOf('{"at":1}\n{"b":1}', 'ndjson'),
      { time: 'at' },
      'line 2: there is no `at` here',
    ],
    [
      'with what is no time',
      fileOf('{"at":"yesterday"}', 'ndjson'),
      { time: 'at' },
      'line 1: `at` is no time: expected ISO 8601 or a number since 1970, but it is `yesterday`',
    ],
    [
      'that goes back in time',
      fileOf('at\n5\n6\n\n4\n', 'csv'),
      { time: 'at' },
      'line 5: its `at` is before that of the record above: expected them in order',
    ],
    [
      'with a type that is none',
      fileOf('{"t":{"k":"A"}}\n{"t":{"k":"B"}}', 'ndjson'),
      { type: 't.k', types: ['A'] },
      'line 2: its `t.k` is `B`, which is none of the types here: A',
    ],
    [
      'with fields in plain lines',
      fileOf('a\n', 'lines'),
      { time: 'at' },
      'line 1: a plain line has no fields',
    ],
  ] as [string, RecordFile, Partial<RecordFields>, string | RegExp][])(
    'tells of a file %s where it is wrong',
    (_, file, fields, message) => {
      if (typeof message === 'string') expect(errorOf(file, fields)).toBe(message);
      else expect(errorOf(file, fields)).toMatch(message);
    },
  );
});
