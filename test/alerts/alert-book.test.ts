import { expect, it } from 'vitest';
import { AlertBook } from '../../src/alerts/alert-book.js';
import type { AlertSeries } from '../../src/alerts/alert-samples.js';

const S = 1e9;

function openBook() {
  const told: string[] = [];
  const book = new AlertBook(
    () => S,
    (what, { alert, labels }) => told.push(`${alert} ${labels.server} ${what}`),
  );
  return { book, told };
}

/** What an alert said at these seconds, of which Prometheus says that it has held since then, or does not say it. */
const said = (at: readonly number[], activation?: number, more: Partial<AlertSeries> = {}): AlertSeries => ({
  alert: 'NodeDown',
  state: 'firing',
  labels: { server: 'n1' },
  samples: at.map((second) => ({ atNs: second * S, ...(activation !== undefined && { activation }) })),
  ...more,
});

it('puts the samples of a series together, and takes each once, however often it is asked for', () => {
  const { book, told } = openBook();
  book.add(said([10, 11]));
  // The same evaluations, by a clock that is compared anew.
  book.add(said([10.02, 11.02, 12.02]));
  expect(book.episodes).toMatchObject([{ state: 'firing', fromNs: 10 * S, lastNs: 12.02 * S }]);
  expect(told).toEqual(['NodeDown n1 fired']);
});

it('ends an alert with the first evaluation that no longer says it, and not for one that was left out', () => {
  const { book, told } = openBook();
  book.add(said([10, 11]));
  book.endBefore(() => 13 * S);
  book.add(said([13.4]));
  expect(book.episodes).toHaveLength(1);
  book.endBefore(() => 16 * S);
  expect(book.episodes[0]?.endNs).toBe(14.4 * S);
  expect(told).toEqual(['NodeDown n1 fired', 'NodeDown n1 resolved']);
});

it('begins anew when an alert fires again, and not for what has ended already', () => {
  const { book } = openBook();
  book.add(said([10, 11]));
  book.endBefore(() => 20 * S);
  book.add(said([10, 11]));
  expect(book.episodes).toHaveLength(1);
  book.add(said([10, 11, 20, 21]));
  expect(book.episodes.map(({ fromNs, lastNs }) => [fromNs / S, lastNs / S])).toEqual([
    [10, 11],
    [20, 21],
  ]);
});

it('is one alert that has held since the same moment, however many evaluations were left out', () => {
  const { book, told } = openBook();
  book.add(said([10, 11], 7));
  book.add(said([19, 20], 7));
  expect(book.episodes).toMatchObject([{ fromNs: 10 * S, lastNs: 20 * S }]);
  expect(told).toEqual(['NodeDown n1 fired']);
});

it('is two that have held since different moments, however short the time between them', () => {
  const { book } = openBook();
  book.add(said([10, 11], 7));
  book.add(said([12, 13], 12));
  expect(book.episodes).toMatchObject([
    { fromNs: 10 * S, endNs: 12 * S },
    { fromNs: 12 * S, lastNs: 13 * S },
  ]);
});

it('goes on with an alert that was thought to be over and was not', () => {
  const { book, told } = openBook();
  book.add(said([10, 11], 7));
  book.endBefore(() => 20 * S);
  book.add(said([21], 7));
  expect(book.episodes).toHaveLength(1);
  expect(book.episodes[0]).toMatchObject({ fromNs: 10 * S, lastNs: 21 * S });
  expect(book.episodes[0]).not.toHaveProperty('endNs');
  expect(told).toEqual(['NodeDown n1 fired', 'NodeDown n1 resolved', 'NodeDown n1 fired']);
});

it('knows since when what fires has waited', () => {
  const { book } = openBook();
  book.add(said([10, 11], 10, { state: 'pending' }));
  book.add(said([12, 13], 10));
  book.add(said([20], 20));
  expect(book.episodes.map(({ state, activeNs }) => `${state} ${activeNs / S}`)).toEqual([
    'pending 10',
    'firing 10',
    'firing 20',
  ]);
});

it('keeps what waits apart from what fires, and each set of labels; each alert ends by its own rule', () => {
  const { book, told } = openBook();
  book.add(said([10, 11], 10, { state: 'pending' }));
  book.add(said([12], 10));
  book.add(said([12], 12, { labels: { server: 'n2' } }));
  book.add(said([12], 12, { alert: 'Other' }));
  expect(book.episodes.map(({ state, labels }) => `${state} ${labels.server}`)).toEqual([
    'pending n1',
    'firing n1',
    'firing n2',
    'firing n1',
  ]);
  book.endBefore((alert) => (alert === 'Other' ? 20 : 13) * S);
  expect(told).toEqual(['NodeDown n1 fired', 'NodeDown n2 fired', 'Other n1 fired', 'Other n1 resolved']);
});
