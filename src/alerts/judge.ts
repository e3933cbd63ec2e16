import { NS } from '../base/nanoseconds.js';
import { formatDuration } from '../base/units.js';
import {
  type AlertExpectation,
  type AlertFault,
  type AlertResult,
  type AlertTimes,
  NO_RECEIVER,
  TARGET_LABEL,
} from '../contracts/alert.js';
import type { AlertEpisode } from './alert-book.js';
import type { Notified } from './webhook.js';

/** What was seen of the alerts until now. */
export interface Sight {
  readonly episodes: readonly AlertEpisode[];
  readonly notified: readonly Notified[];
  readonly times: AlertTimes;
  /** Monotonic: everything that Prometheus had evaluated by then has been seen. */
  readonly seenUntilNs: number;
  /** Until then Prometheus and Alertmanager have both answered: who was told of nothing was to be told of nothing. */
  readonly toldUntilNs: number;
}

/** How one expectation stands. */
export interface Judgement extends AlertResult {
  /** Nothing that is still to come can change it. */
  readonly isDecided: boolean;
  /** Nothing fired: what was there instead is worth asking for, as of this moment. */
  readonly askAtNs?: number;
}

/** Beyond the times of its groups, what Alertmanager and the way to it may take on a busy machine. */
export const TELLING_TAKES_NS = 5 * NS.s;

const ms = formatDuration;

/** Holds one expectation against what was seen. Pure. */
export function judge(expectation: AlertExpectation, fault: AlertFault | undefined, sight: Sight): Judgement {
  const { alert, after, withinNs } = expectation;
  const base = { expectation, isDecided: true };
  if (fault === undefined) return { ...base, verdict: 'unknown', detail: `there was no fault ${after}` };
  const { injectedNs } = fault;
  if (injectedNs === 0) return { ...base, verdict: 'unknown', detail: `${after} was not made` };
  const deadlineNs = injectedNs + withinNs;
  const own = sight.episodes.filter((episode) => episode.alert === alert && episode.state === 'firing');
  const fired = own
    .filter(({ fromNs, labels }) => fromNs >= injectedNs && fits(labels, expectation, fault))
    .sort((a, b) => a.fromNs - b.fromNs);
  const first = fired[0];
  if (first !== undefined && first.fromNs <= deadlineNs) {
    return judgeFired(expectation, fault, fired, sight);
  }
  if (first === undefined && sight.seenUntilNs < deadlineNs) {
    return {
      ...base,
      isDecided: false,
      verdict: 'unknown',
      detail: 'it had not fired when it could no longer be seen',
    };
  }
  const missed = { ...base, verdict: 'missed' } as const;
  if (first !== undefined) {
    const afterNs = first.fromNs - injectedNs;
    const detail = `fired after ${ms(afterNs)}, ${ms(afterNs - withinNs)} too late`;
    return { ...missed, detail, detectedAfterNs: afterNs, labels: first.labels };
  }
  const before = own.find(
    ({ fromNs, endNs = Number.POSITIVE_INFINITY, labels }) =>
      fromNs < injectedNs && endNs > injectedNs && fits(labels, expectation, fault),
  );
  if (before !== undefined) {
    const detail = `it was firing already, since ${ms(injectedNs - before.fromNs)} before the fault: it says nothing of it`;
    return { ...missed, detail, labels: before.labels };
  }
  const other = own.find(({ fromNs }) => fromNs >= injectedNs && fromNs <= deadlineNs);
  if (other !== undefined) {
    const detail = `fired after ${ms(other.fromNs - injectedNs)}, ${difference(other.labels, expectation, fault)}`;
    return { ...missed, detail, labels: other.labels };
  }
  const pending = sight.episodes.filter(
    ({ alert: name, state, lastNs, fromNs }) =>
      name === alert && state === 'pending' && lastNs >= injectedNs && fromNs <= deadlineNs,
  );
  const longestNs = Math.max(0, ...pending.map(({ fromNs, lastNs }) => lastNs - fromNs));
  const waited = pending.length === 0 ? '' : `, though it was pending for ${ms(longestNs)}`;
  return { ...missed, detail: `did not fire within ${ms(withinNs)}${waited}`, askAtNs: deadlineNs };
}

function judgeFired(
  expectation: AlertExpectation,
  fault: AlertFault,
  fired: readonly AlertEpisode[],
  sight: Sight,
): Judgement {
  const first = fired[0] as AlertEpisode;
  const told = judgeTold(expectation, first, sight);
  const resolved = judgeResolved(expectation, fault, fired, sight);
  const verdicts = [told.verdict, resolved.verdict];
  return {
    expectation,
    verdict: verdicts.includes('missed') ? 'missed' : verdicts.includes('unknown') ? 'unknown' : 'met',
    isDecided: told.isDecided && resolved.isDecided,
    detail: [`fired after ${ms(first.fromNs - fault.injectedNs)}`, told.detail, resolved.detail]
      .filter((text) => text !== '')
      .join(', '),
    detectedAfterNs: first.fromNs - fault.injectedNs,
    labels: first.labels,
    ...(told.news && {
      notifiedAfterNs: Math.max(0, told.news.atNs - fault.injectedNs),
      receiver: told.news.receiver,
    }),
    ...(resolved.afterNs !== undefined && { resolvedAfterNs: resolved.afterNs }),
  };
}

interface Part {
  readonly verdict: AlertResult['verdict'];
  readonly detail: string;
  readonly isDecided: boolean;
}

function judgeTold(
  { receiver }: AlertExpectation,
  { alert, labels, fromNs }: AlertEpisode,
  { notified, times, toldUntilNs }: Sight,
): Part & { readonly news?: Notified } {
  const patienceNs = times.groupWaitNs + times.groupIntervalNs + TELLING_TAKES_NS;
  const all = notified.filter(
    (news) =>
      news.status === 'firing' &&
      news.labels.alertname === alert &&
      // Its moment is Prometheus' own, of another clock.
      news.atNs >= fromNs - TELLING_TAKES_NS &&
      Object.entries(labels).every(([name, value]) => news.labels[name] === value),
  );
  const isOver = toldUntilNs >= fromNs + patienceNs;
  if (receiver === NO_RECEIVER) {
    const [news] = all;
    if (news) {
      const detail = `and \`${news.receiver}\` was told, though nobody should be`;
      return { verdict: 'missed', detail, isDecided: true, news };
    }
    return isOver
      ? { verdict: 'met', detail: 'nobody was told', isDecided: true }
      : { verdict: 'unknown', detail: 'whether nobody is told was not seen', isDecided: false };
  }
  const news = all.find((each) => receiver === undefined || each.receiver === receiver);
  if (news) return { verdict: 'met', detail: `\`${news.receiver}\` was told`, isDecided: true, news };
  if (!isOver)
    return { verdict: 'unknown', detail: 'whether anybody is told was not seen', isDecided: false };
  const others = [...new Set(all.map((each) => `\`${each.receiver}\``))].join(', ');
  const detail =
    others === ''
      ? `and nobody was told within ${ms(patienceNs)}`
      : `and ${others} was told instead of \`${receiver}\``;
  return { verdict: 'missed', detail, isDecided: true };
}

function judgeResolved(
  { resolvesWithinNs }: AlertExpectation,
  { revertedNs }: AlertFault,
  fired: readonly AlertEpisode[],
  { seenUntilNs }: Sight,
): Part & { readonly afterNs?: number } {
  const nothing = { verdict: 'met', detail: '', isDecided: true } as const;
  if (revertedNs === 0) {
    if (resolvesWithinNs === undefined) return nothing;
    return { verdict: 'unknown', detail: 'the fault was not healed', isDecided: true };
  }
  const untilNs = revertedNs + (resolvesWithinNs ?? 0);
  // One that fires much later is of another cause.
  const own = fired.filter(({ fromNs }) => fromNs <= untilNs);
  const isOpen = own.some(({ endNs }) => endNs === undefined);
  const lastNs = Math.max(...own.map(({ endNs, lastNs: last }) => endNs ?? last));
  const afterNs = Math.max(0, lastNs - revertedNs);
  if (resolvesWithinNs === undefined) return isOpen ? nothing : { ...nothing, afterNs };
  const word = `${ms(afterNs)} after it was healed`;
  if (!isOpen && lastNs <= untilNs) {
    const detail = lastNs < revertedNs ? 'resolved before it was healed' : `resolved ${word}`;
    return { verdict: 'met', detail, isDecided: true, afterNs };
  }
  if (!isOpen) {
    return { verdict: 'missed', detail: `and resolved only ${word}`, isDecided: true, afterNs };
  }
  if (seenUntilNs < untilNs) {
    return { verdict: 'unknown', detail: 'whether it resolves was not seen', isDecided: false };
  }
  const detail = `and still fired ${ms(seenUntilNs - revertedNs)} after it was healed`;
  return { verdict: 'missed', detail, isDecided: true };
}

/** Whether an alert has the labels and the severity that are expected of it. */
function fits(labels: AlertEpisode['labels'], expectation: AlertExpectation, fault: AlertFault): boolean {
  return wrongLabels(labels, expectation, fault).length === 0;
}

function difference(
  labels: AlertEpisode['labels'],
  expectation: AlertExpectation,
  fault: AlertFault,
): string {
  return wrongLabels(labels, expectation, fault)
    .map(([name, wanted]) => `with ${name} \`${labels[name] ?? ''}\` instead of \`${wanted}\``)
    .join(' and ');
}

function wrongLabels(
  labels: AlertEpisode['labels'],
  { labels: wanted, severity }: AlertExpectation,
  { targets }: AlertFault,
): [string, string][] {
  const all = Object.entries({ ...wanted, ...(severity !== undefined && { severity }) });
  return all
    .filter(([name, value]) => {
      const has = labels[name] ?? '';
      return value.includes(TARGET_LABEL)
        ? !targets.some((target) => value.replaceAll(TARGET_LABEL, target) === has)
        : value !== has;
    })
    .map(([name, value]) => [name, value.replaceAll(TARGET_LABEL, targets.join(' or '))]);
}

/** Alerts of severity `page` that no expectation explains: they fired when no fault was to make them. */
export function unexpectedPages(
  expectations: readonly AlertExpectation[],
  faults: readonly AlertFault[],
  episodes: readonly AlertEpisode[],
  loadStartNs: number,
): AlertEpisode[] {
  const spans = expectations.flatMap(({ alert, after, withinNs, resolvesWithinNs = withinNs }) => {
    const fault = faults.find(({ id }) => id === after);
    if (fault === undefined || fault.injectedNs === 0) return [];
    const healedNs = fault.revertedNs === 0 ? Number.POSITIVE_INFINITY : fault.revertedNs;
    const toNs = Math.max(healedNs + resolvesWithinNs, fault.injectedNs + withinNs);
    return [{ alert, fromNs: fault.injectedNs, toNs }];
  });
  return episodes.filter(
    ({ alert, state, labels, fromNs, endNs = Number.POSITIVE_INFINITY }) =>
      state === 'firing' &&
      labels.severity === 'page' &&
      endNs > loadStartNs &&
      !spans.some((span) => span.alert === alert && span.fromNs <= fromNs && fromNs <= span.toNs),
  );
}
