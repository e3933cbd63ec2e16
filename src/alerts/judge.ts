import { formatDuration } from '../base/units.js';
import type { AlertExpectation, AlertFault, AlertResult } from '../contracts/alert.js';
import type { AlertEpisode } from './alert-book.js';
import { claimFirings, type Expected } from './claim-firings.js';
import { eachTarget, ofAllTargets } from './each-target.js';
import { differenceOf, fits } from './expected-labels.js';
import { judgeResolved } from './judge-resolved.js';
import { judgeTold } from './judge-told.js';
import type { Sight } from './sight.js';

/** How one expectation stands. */
export interface Judgement extends AlertResult {
  /** Nothing that is still to come can change it. */
  readonly isDecided: boolean;
  /** Nothing fired: what was there instead is worth asking for, as of this moment. */
  readonly askAtNs?: number;
}

const ms = formatDuration;

/** Holds expectations against what was seen, all together: no firing speaks for two faults. Pure. */
export function judgeAll(
  expectations: readonly AlertExpectation[],
  faults: readonly AlertFault[],
  sight: Sight,
): Judgement[] {
  const all = expectations.map((expectation) =>
    eachTarget({ expectation, fault: faults.find(({ id }) => id === expectation.after) }),
  );
  const claims = claimFirings(all.flat(), sight.episodes);
  return all.map((parts) => {
    const [first, ...others] = parts.map((part) => judgeOne(part, claims, sight)) as [
      Judgement,
      ...Judgement[],
    ];
    if (others.length === 0) return first;
    return ofAllTargets(
      [first, ...others],
      parts.flatMap(({ fault }) => fault?.targets ?? []),
    );
  });
}

function judgeOne(
  { expectation, fault }: Expected,
  claims: ReadonlyMap<AlertEpisode, AlertFault>,
  sight: Sight,
): Judgement {
  const base = { expectation, isDecided: true };
  if (fault === undefined)
    return { ...base, verdict: 'unknown', detail: `there was no fault ${expectation.after}` };
  if (fault.injectedNs === 0) return { ...base, verdict: 'unknown', detail: `${fault.id} was not made` };
  const fired = sight.episodes
    .filter(
      (episode) =>
        episode.alert === expectation.alert &&
        claims.get(episode)?.id === fault.id &&
        fits(episode.labels, expectation, fault),
    )
    .sort((a, b) => a.fromNs - b.fromNs);
  const first = fired[0];
  return first !== undefined && first.fromNs <= fault.injectedNs + expectation.withinNs
    ? judgeFired(expectation, fault, first, fired, sight)
    : judgeUnfired(expectation, fault, first, claims, sight);
}

function judgeFired(
  expectation: AlertExpectation,
  fault: AlertFault,
  first: AlertEpisode,
  fired: readonly AlertEpisode[],
  sight: Sight,
): Judgement {
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
    ...(resolved.awayNs !== undefined && { awayNs: resolved.awayNs }),
  };
}

/** Nothing fired for it in time. @param late what fired for it afterwards */
function judgeUnfired(
  expectation: AlertExpectation,
  fault: AlertFault,
  late: AlertEpisode | undefined,
  claims: ReadonlyMap<AlertEpisode, AlertFault>,
  { episodes, seenUntilNs }: Sight,
): Judgement {
  const { alert, withinNs } = expectation;
  const { injectedNs } = fault;
  const deadlineNs = injectedNs + withinNs;
  const missed = { expectation, isDecided: true, verdict: 'missed' } as const;
  if (late === undefined && seenUntilNs < deadlineNs) {
    const detail = 'it had not fired when it could no longer be seen';
    return { expectation, isDecided: false, verdict: 'unknown', detail };
  }
  const own = episodes.filter((episode) => episode.alert === alert);
  const firing = own.filter(({ state }) => state === 'firing');
  const fitting = firing.filter(({ labels }) => fits(labels, expectation, fault));
  const before = fitting.find(
    ({ fromNs, endNs = Number.POSITIVE_INFINITY }) => fromNs < injectedNs && endNs > injectedNs,
  );
  if (before !== undefined) {
    const detail = `it was firing already, since ${ms(injectedNs - before.fromNs)} before the fault: it says nothing of it`;
    return { ...missed, detail, labels: before.labels };
  }
  const isInTime = ({ fromNs }: AlertEpisode): boolean => fromNs >= injectedNs && fromNs <= deadlineNs;
  const taken = fitting.find(isInTime);
  if (late !== undefined && taken === undefined) {
    const afterNs = late.fromNs - injectedNs;
    const detail = `fired after ${ms(afterNs)}, ${ms(afterNs - withinNs)} too late`;
    return { ...missed, detail, detectedAfterNs: afterNs, labels: late.labels };
  }
  // What fired for another target of the fault, or as it was to, says nothing of why this did not.
  const other = taken ?? firing.find((each) => isInTime(each) && claims.get(each)?.id !== fault.id);
  if (other !== undefined) {
    const detail = `fired after ${ms(other.fromNs - injectedNs)}, ${whyNot(other)}`;
    return { ...missed, detail, labels: other.labels };
  }
  const pending = own.filter(
    ({ state, lastNs, fromNs }) => state === 'pending' && lastNs >= injectedNs && fromNs <= deadlineNs,
  );
  const longestNs = Math.max(0, ...pending.map(({ fromNs, lastNs }) => lastNs - fromNs));
  const waited = pending.length === 0 ? '' : `, though it was pending for ${ms(longestNs)}`;
  return { ...missed, detail: `did not fire within ${ms(withinNs)}${waited}`, askAtNs: deadlineNs };

  /** Why something that fired in time is not taken for this fault. */
  function whyNot(episode: AlertEpisode): string {
    if (!fits(episode.labels, expectation, fault)) return differenceOf(episode.labels, expectation, fault);
    if (episode.activeNs < injectedNs)
      return `but had begun to wait ${ms(injectedNs - episode.activeNs)} before the fault: it says nothing of it`;
    return `which is taken for ${claims.get(episode)?.id}, made before it: one firing does not speak for two faults`;
  }
}
