import { formatDuration } from '../base/units.js';
import { type AlertExpectation, type AlertResult, NO_RECEIVER } from '../contracts/alert.js';
import type { AlertEpisode } from './alert-book.js';
import { type Sight, TELLING_TAKES_NS } from './sight.js';
import type { Notified } from './webhook.js';

/** What one part of an expectation comes to. */
export interface Part {
  readonly verdict: AlertResult['verdict'];
  readonly detail: string;
  /** Nothing that is still to come can change it. */
  readonly isDecided: boolean;
}

/** Whether the right receiver was told that an alert fires; where nobody should be, whether nobody was. */
export function judgeTold(
  { receiver }: AlertExpectation,
  { alert, labels, fromNs, endNs = Number.POSITIVE_INFINITY }: AlertEpisode,
  { notified, troubles, times, toldUntilNs, pendingSinceNs }: Sight,
): Part & { readonly news?: Notified } {
  const patienceNs = times.groupWaitNs + times.groupIntervalNs + TELLING_TAKES_NS;
  const all = notified.filter(
    (news) =>
      news.status === 'firing' &&
      news.labels.alertname === alert &&
      // Its moment is Prometheus' own, of another clock.
      news.atNs >= fromNs - TELLING_TAKES_NS &&
      // What is told long after it was over tells of the next time.
      news.atNs <= endNs + patienceNs &&
      Object.entries(labels).every(([name, value]) => news.labels[name] === value),
  );
  const untilNs = fromNs + patienceNs;
  // What Alertmanager could not hand over may have been this.
  const trouble = troubles.find((each) => each.toNs >= fromNs && each.fromNs <= untilNs);
  // So may what is on its way: it is taken soon, or is a trouble.
  const mayCome = trouble === undefined && pendingSinceNs !== undefined && pendingSinceNs <= untilNs;
  const isOver = toldUntilNs >= untilNs && !mayCome;
  if (receiver === NO_RECEIVER) {
    const [news] = all;
    if (news) {
      const detail = `and \`${news.receiver}\` was told, though nobody should be`;
      return { verdict: 'missed', detail, isDecided: true, news };
    }
    if (!isOver) return unknown('whether nobody is told was not seen', false);
    if (trouble)
      return unknown(`nobody was told, and whether anybody was to be is not known: ${trouble.why}`);
    return { verdict: 'met', detail: 'nobody was told', isDecided: true };
  }
  const news = all.find((each) => receiver === undefined || each.receiver === receiver);
  if (news) return { verdict: 'met', detail: `\`${news.receiver}\` was told`, isDecided: true, news };
  if (!isOver) return unknown('whether anybody is told was not seen', false);
  const others = [...new Set(all.map((each) => `\`${each.receiver}\``))].join(', ');
  if (others !== '') {
    const detail = `and ${others} was told instead of \`${receiver}\``;
    return { verdict: 'missed', detail, isDecided: true };
  }
  const nobody = `and nobody was told within ${formatDuration(patienceNs)}`;
  if (trouble) return unknown(`${nobody}: ${trouble.why}`);
  return { verdict: 'missed', detail: nobody, isDecided: true };
}

const unknown = (detail: string, isDecided = true): Part => ({ verdict: 'unknown', detail, isDecided });
