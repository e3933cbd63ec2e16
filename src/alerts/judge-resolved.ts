import { formatDuration } from '../base/units.js';
import type { AlertExpectation, AlertFault } from '../contracts/alert.js';
import type { AlertEpisode } from './alert-book.js';
import type { Part } from './judge-told.js';
import type { Sight } from './sight.js';

/** An alert that is away for fewer evaluations may be one that a busy Prometheus left out, or one whose labels have changed. */
const FLAPS_BEYOND_EVALUATIONS = 2;

/**
 * Whether what fired for a fault went on to fire until it was healed, and no longer does, and since when.
 *
 * @param fired the firings that are taken for the fault, ascending
 */
export function judgeResolved(
  { resolvesWithinNs }: AlertExpectation,
  fault: AlertFault,
  fired: readonly AlertEpisode[],
  { seenUntilNs, times }: Sight,
): Part & { readonly afterNs?: number; readonly awayNs?: number } {
  const { revertedNs } = fault;
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
  const leastNs = FLAPS_BEYOND_EVALUATIONS * times.evaluationNs;
  const { longestNs, lastNs: goneNs } = awayWhileHeld(fault, own);
  if (goneNs > leastNs) {
    const detail = `and did not fire for ${formatDuration(goneNs)} while its fault still held`;
    return { verdict: 'missed', detail, isDecided: true, afterNs };
  }
  // A machine that stands still for seconds does that to an alert, too.
  const flapped = longestNs > leastNs ? { awayNs: longestNs } : {};
  const meanwhile = longestNs > leastNs ? `did not fire for ${formatDuration(longestNs)} meanwhile, ` : '';
  const word = `${formatDuration(afterNs)} after it was healed`;
  if (!isOpen && lastNs <= untilNs) {
    const resolved = lastNs < revertedNs ? 'resolved before it was healed' : `resolved ${word}`;
    return { verdict: 'met', detail: `${meanwhile}${resolved}`, isDecided: true, afterNs, ...flapped };
  }
  if (!isOpen) {
    return { verdict: 'missed', detail: `and resolved only ${word}`, isDecided: true, afterNs };
  }
  if (seenUntilNs < untilNs) {
    return { verdict: 'unknown', detail: 'whether it resolves was not seen', isDecided: false };
  }
  const detail = `and still fired ${formatDuration(seenUntilNs - revertedNs)} after it was healed`;
  return { verdict: 'missed', detail, isDecided: true };
}

/** Times between its first firing and the healing in which it did not fire: the longest, and the one before the healing; 0 for a fault of a moment. */
function awayWhileHeld(
  { injectedNs, forNs, revertedNs }: AlertFault,
  fired: readonly AlertEpisode[],
): { readonly longestNs: number; readonly lastNs: number } {
  const untilNs = Math.min(injectedNs + forNs, revertedNs);
  let longestNs = 0;
  let firedUntilNs = fired[0]?.fromNs ?? untilNs;
  for (const { fromNs, endNs = Number.POSITIVE_INFINITY } of fired) {
    if (fromNs >= untilNs) break;
    longestNs = Math.max(longestNs, fromNs - firedUntilNs);
    firedUntilNs = Math.max(firedUntilNs, endNs);
  }
  const lastNs = Math.max(0, untilNs - firedUntilNs);
  return { longestNs: Math.max(longestNs, lastNs), lastNs };
}
