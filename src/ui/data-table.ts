import { type Child, element } from './dom.js';

export interface Column<Row> {
  readonly heading: string;
  /** What the heading means, where it is not plain. */
  readonly title?: string;
  /** Numbers are set right, with digits of one width. */
  readonly numeric?: boolean;
  readonly cell: (row: Row) => Child;
  /** Class of the cell, if any. */
  readonly tone?: (row: Row) => string | undefined;
}

export interface TableOptions<Row> {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  /** Class of a row, if any. */
  readonly rowClass?: (row: Row) => string | undefined;
}

/** A table whose first column heads its rows; it scrolls within itself where the page is too narrow. */
export function dataTable<Row>({ caption, columns, rows, rowClass }: TableOptions<Row>): HTMLElement {
  const head = element('tr');
  for (const column of columns) {
    const th = element('th', { scope: 'col', class: column.numeric ? 'numeric' : '' }, column.heading);
    if (column.title) th.title = column.title;
    head.append(th);
  }
  const body = element('tbody');
  for (const row of rows) {
    const tr = element('tr', { class: rowClass?.(row) ?? '' });
    columns.forEach((column, index) => {
      const classes = [column.numeric ? 'numeric' : '', column.tone?.(row) ?? ''].join(' ').trim();
      const attributes: Record<string, string> = { class: classes, ...(index === 0 && { scope: 'row' }) };
      tr.append(element(index === 0 ? 'th' : 'td', attributes, column.cell(row)));
    });
    body.append(tr);
  }
  return element(
    'div',
    // Focusable, so that it can be scrolled with the keyboard.
    { class: 'table-scroll', tabindex: '0', role: 'region', 'aria-label': caption },
    element('table', {}, element('caption', {}, caption), element('thead', {}, head), body),
  );
}
