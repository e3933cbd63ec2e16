import type { ReadSummary } from '../contracts/safety.js';
import { dataTable } from './data-table.js';
import { element } from './dom.js';
import { countText } from './figures.js';
import { outcomeMark } from './outcome-mark.js';

/** What the checks had before them: each stream as a consumer saw it, and under it each replica's own store. */
export function readsTable(reads: readonly ReadSummary[]): HTMLElement {
  return element(
    'div',
    { class: 'reads' },
    element('h3', {}, 'What the checks read'),
    dataTable<ReadSummary>({
      caption: 'What was read back of each stream and of each replica',
      rows: reads,
      rowClass: ({ node }) => (node === undefined ? undefined : 'part'),
      columns: [
        {
          heading: 'Stream',
          cell: ({ stream, node }) => (node === undefined ? stream : `the store of ${node}`),
          tone: ({ node }) => (node === undefined ? undefined : 'phase'),
        },
        { heading: 'Of this run', numeric: true, cell: ({ count }) => countText(count) },
        {
          heading: 'Foreign',
          title: 'Messages that carry no stamp of this run',
          numeric: true,
          cell: ({ foreign }) => countText(foreign),
        },
        { heading: 'Read to its end', cell: howItEnded },
      ],
    }),
  );
}

function howItEnded({ complete, gaveUp, gone }: ReadSummary): HTMLElement {
  if (gone) return outcomeMark('fail', 'it was gone');
  if (complete) return outcomeMark('pass', 'yes');
  return element('span', {}, outcomeMark('open', 'no'), element('small', {}, gaveUp ?? 'no reason known'));
}
