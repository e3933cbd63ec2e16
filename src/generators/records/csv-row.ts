import { RecordError } from './record-error.js';

/** The cells of a row of CSV (RFC 4180), quotes undone. Throws a RecordError for text behind a quoted cell. */
export function csvCells(row: string, line: number): string[] {
  const cells: string[] = [];
  for (let at = 0; ; ) {
    if (row[at] === '"') {
      const { cell, end } = quotedCell(row, at);
      cells.push(cell);
      if (end < row.length && row[end] !== ',') {
        throw new RecordError(line, `cell ${cells.length} has text behind its closing quote`);
      }
      at = end;
    } else {
      const comma = row.indexOf(',', at);
      const end = comma < 0 ? row.length : comma;
      cells.push(row.slice(at, end));
      at = end;
    }
    if (at >= row.length) return cells;
    at++;
  }
}

function quotedCell(row: string, open: number): { readonly cell: string; readonly end: number } {
  let cell = '';
  let at = open + 1;
  for (;;) {
    // The reader of lines has seen to it that every quote is closed.
    const close = row.indexOf('"', at);
    cell += row.slice(at, close);
    if (row[close + 1] !== '"') return { cell, end: close + 1 };
    cell += '"';
    at = close + 2;
  }
}

const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/** A cell as a JSON value: numbers, true and false stay what they are, an empty cell is null, the others are texts. */
export function cellJson(cell: string): string {
  if (cell === '') return 'null';
  return NUMBER.test(cell) || cell === 'true' || cell === 'false' ? cell : JSON.stringify(cell);
}
