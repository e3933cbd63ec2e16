import { formatInteger } from '../base/units.js';
import type { Checker, CheckResult } from '../contracts/checker.js';
import { type ConsumerBook, type ConsumerBooks, consumerBooks } from './consumer-book.js';
import { judgeDelivery } from './consumer-delivery.js';
import { judgeFloor } from './consumer-floor.js';
import { judgeRedelivery } from './consumer-redelivery.js';
import { CONSUMER_KINDS, type ConsumerSightings } from './consumer-sightings.js';
import { judgeWorkQueue } from './consumer-work-queue.js';
import { Sightings } from './sightings.js';

/** Consumers deliver at least once, acknowledge what was, and come again only when they may; see docs/safety.md. */
export const consumer: Checker = {
  name: 'consumer',
  summary: 'every acknowledged message is delivered, ack floors are true, redelivery only when it is allowed',
  judges: ['deliver'],
  needs: ['reads', 'streams', 'consumers'],
  check(history): CheckResult {
    const { books, writers } = consumerBooks(history);
    const seen: ConsumerSightings = new Sightings(history, CONSUMER_KINDS);
    let selected = 0;
    let unexplained = 0;
    for (const book of books) {
      const tally = judgeDelivery(history, book, seen);
      selected += tally.selected;
      unexplained += tally.unexplained;
      judgeFloor(history, book, seen);
    }
    judgeRedelivery(history, writers, seen);
    for (const stream of new Set(books.map((book) => book.stream))) {
      if (stream.isWorkQueue)
        judgeWorkQueue(
          history,
          books.filter((book) => book.stream === stream),
          seen,
        );
    }
    const { deliveries, messages, confirmed } = tallyUp(books);
    const doubts = deliveries === 0 ? ['nothing was delivered'] : doubtsOf({ books, writers }, unexplained);
    const broken = seen.listed('violation', formatInteger);
    const held = deliveries === 0 ? '' : ': at least once, and again only when allowed';
    return {
      name: 'consumer',
      verdict: seen.violations > 0 ? 'fail' : doubts.length > 0 ? 'unknown' : 'pass',
      sentence: [
        `${formatInteger(messages)} messages delivered by ${formatInteger(books.length)} consumers` +
          (broken === '' ? held : `: ${broken}`),
        ...doubts,
      ].join('; '),
      counts: { selected, deliveries, messages, confirmed, unexplained, ...seen.counts },
      sets: seen.sets,
      examples: seen.examples,
    };
  },
};

function tallyUp(books: readonly ConsumerBook[]): {
  deliveries: number;
  messages: number;
  confirmed: number;
} {
  const tally = { deliveries: 0, messages: 0, confirmed: 0 };
  for (const { deliveries, confirmedNs } of books) {
    deliveries.forEach((count, sequence) => {
      tally.deliveries += count;
      tally.messages++;
      if (Number.isFinite(confirmedNs.get(sequence))) tally.confirmed++;
    });
  }
  return tally;
}

function doubtsOf({ books, writers }: ConsumerBooks, unexplained: number): string[] {
  const doubts = writers
    .filter(({ history: { complete } }) => !complete)
    .map(({ history: { load, writer } }) => `the history of ${load}/${writer} is not complete`);
  for (const { name, policy, looks, isThere } of books) {
    if (policy === undefined || looks.length === 0) doubts.push(`nobody could say how ${name} stood`);
    else if (!isThere) doubts.push(`${name} is gone`);
  }
  if (unexplained > 0)
    doubts.push(`of ${formatInteger(unexplained)} messages it is not known whether they are to be delivered`);
  return doubts;
}
