import type { AlertExpectation, AlertFault } from '../contracts/alert.js';
import type { AlertEpisode } from './alert-book.js';
import { fits } from './expected-labels.js';

/** An expectation with its fault, where that was made. */
export interface Expected {
  readonly expectation: AlertExpectation;
  readonly fault: AlertFault | undefined;
}

interface Made extends Expected {
  readonly fault: AlertFault;
}

/**
 * Which fault each firing is taken for: one alone, so that where several faults are to raise the same alert, what one has raised
 * does not speak for another. Nothing is of a fault that was made when the alert's condition held already. In the order of
 * the faults, each takes the first that is in time; what is left is of the last fault before it.
 */
export function claimFirings(
  all: readonly Expected[],
  episodes: readonly AlertEpisode[],
): ReadonlyMap<AlertEpisode, AlertFault> {
  const made = all
    .filter((each): each is Made => each.fault !== undefined && each.fault.injectedNs > 0)
    .sort((a, b) => a.fault.injectedNs - b.fault.injectedNs);
  const firing = episodes.filter(({ state }) => state === 'firing').sort((a, b) => a.fromNs - b.fromNs);
  const claims = new Map<AlertEpisode, AlertFault>();
  const mayCause = ({ expectation, fault }: Made, { alert, labels, activeNs }: AlertEpisode): boolean =>
    alert === expectation.alert && activeNs >= fault.injectedNs && fits(labels, expectation, fault);
  for (const each of made) {
    const { fault, expectation } = each;
    const first = firing.find(
      (episode) =>
        mayCause(each, episode) &&
        episode.fromNs <= fault.injectedNs + expectation.withinNs &&
        (claims.get(episode) ?? fault).id === fault.id,
    );
    if (first) claims.set(first, fault);
  }
  for (const episode of firing) {
    const last = made.findLast((each) => mayCause(each, episode));
    if (last && !claims.has(episode)) claims.set(episode, last.fault);
  }
  return claims;
}
