import { NS } from '../base/nanoseconds.js';
import type { AlertExpectation, AlertFault } from '../contracts/alert.js';
import type { AlertEpisode } from './alert-book.js';
import { fits } from './expected-labels.js';

/** Alerts of severity `page` that no expectation explains: they fired when no fault was to make them. */
export function unexpectedPages(
  expectations: readonly AlertExpectation[],
  faults: readonly AlertFault[],
  episodes: readonly AlertEpisode[],
  loadStartNs: number,
): AlertEpisode[] {
  const spans = expectations.flatMap((expectation): Span[] => {
    const { after, withinNs, resolvesWithinNs = withinNs } = expectation;
    const fault = faults.find(({ id }) => id === after);
    if (fault === undefined || fault.injectedNs === 0) return [];
    const healedNs = fault.revertedNs === 0 ? Number.POSITIVE_INFINITY : fault.revertedNs;
    const toNs = Math.max(healedNs + resolvesWithinNs, fault.injectedNs + withinNs);
    return [{ expectation, fault, toNs }];
  });
  return episodes.filter(
    (episode) =>
      episode.state === 'firing' &&
      episode.labels.severity === 'page' &&
      (episode.endNs ?? Number.POSITIVE_INFINITY) > loadStartNs &&
      !spans.some((span) => explains(span, episode)),
  );
}

/** The time in which a fault may raise what is expected of it. */
interface Span {
  readonly expectation: AlertExpectation;
  readonly fault: AlertFault;
  readonly toNs: number;
}

/** Whether it is the alert that is expected, of the severity and about whom it is expected, and raised by the fault. */
const explains = ({ expectation, fault, toNs }: Span, { alert, labels, activeNs, fromNs }: AlertEpisode) =>
  alert === expectation.alert &&
  fault.injectedNs <= activeNs &&
  fromNs <= toNs &&
  fits(labels, expectation, fault);

/** `NatsNodeDown (server n1) fired at 12.0 s, for 3.2 s`, by the time of the load. */
export function describePage({ alert, labels, fromNs, endNs }: AlertEpisode, loadStartNs: number): string {
  const { severity: _, ...others } = labels;
  const named = Object.entries(others).map(([name, value]) => `${name} ${value}`);
  const at = ((fromNs - loadStartNs) / NS.s).toFixed(1);
  const how =
    endNs === undefined ? 'and still did at the end' : `for ${((endNs - fromNs) / NS.s).toFixed(1)} s`;
  return `${alert}${named.length > 0 ? ` (${named.join(', ')})` : ''} fired at ${at} s, ${how}`;
}
