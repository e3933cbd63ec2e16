import { expect, it } from 'vitest';
import { AlertBook } from '../../src/alerts/alert-book.js';

const S = 1e9;
const LABELS = { __name__: 'ALERTS', alertname: 'NodeDown', alertstate: 'firing', server: 'n1' };

function openBook() {
  const told: string[] = [];
  const book = new AlertBook(
    () => S,
    (what, { alert, labels }) => told.push(`${alert} ${labels.server} ${what}`),
  );
  return { book, told };
}

it('puts the samples of a series together, and takes each once, however often it is asked for', () => {
  const { book, told } = openBook();
  book.add(LABELS, [10 * S, 11 * S]);
  // The same evaluations, by a clock that is compared anew.
  book.add(LABELS, [10.02 * S, 11.02 * S, 12.02 * S]);
  expect(book.episodes).toEqual([
    { alert: 'NodeDown', labels: { server: 'n1' }, state: 'firing', fromNs: 10 * S, lastNs: 12.02 * S },
  ]);
  expect(told).toEqual(['NodeDown n1 fired']);
});

it('ends an alert with the first evaluation that no longer says it, and not for one that was left out', () => {
  const { book, told } = openBook();
  book.add(LABELS, [10 * S, 11 * S]);
  book.endBefore(13 * S);
  book.add(LABELS, [13.4 * S]);
  expect(book.episodes).toHaveLength(1);
  book.endBefore(16 * S);
  expect(book.episodes[0]?.endNs).toBe(14.4 * S);
  expect(told).toEqual(['NodeDown n1 fired', 'NodeDown n1 resolved']);
});

it('begins anew when an alert fires again, and not for what has ended already', () => {
  const { book } = openBook();
  book.add(LABELS, [10 * S, 11 * S]);
  book.endBefore(20 * S);
  book.add(LABELS, [10 * S, 11 * S]);
  expect(book.episodes).toHaveLength(1);
  book.add(LABELS, [10 * S, 11 * S, 20 * S, 21 * S]);
  expect(book.episodes.map(({ fromNs, lastNs }) => [fromNs / S, lastNs / S])).toEqual([
    [10, 11],
    [20, 21],
  ]);
});

it('keeps what waits apart from what fires, and each set of labels', () => {
  const { book, told } = openBook();
  book.add({ ...LABELS, alertstate: 'pending' }, [10 * S, 11 * S]);
  book.add(LABELS, [12 * S]);
  book.add({ ...LABELS, server: 'n2' }, [12 * S]);
  expect(book.episodes.map(({ state, labels }) => `${state} ${labels.server}`)).toEqual([
    'pending n1',
    'firing n1',
    'firing n2',
  ]);
  expect(told).toEqual(['NodeDown n1 fired', 'NodeDown n2 fired']);
});
