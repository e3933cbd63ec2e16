import { NS } from '../base/clock.js';
import type { Trouble } from '../contracts/load.js';
import type { Recovery } from '../contracts/run-result.js';
import type { LoadTroubles } from './load-totals.js';
import { mergeTroubles, QUIET_NS } from './trouble-stretches.js';

/** An operation due this little before a fault may have been in flight when it struck: its trouble is the fault's. */
const IN_FLIGHT_NS = NS.s;

/**
 * How long the acknowledged loads took to recover from each fault, given when each was injected (monotonic; 0: it was
 * not), in the order of the faults. `endNs` is when the loads were stopped, if before their own end.
 *
 * A stretch of trouble is blamed on the fault injected last before it began, and on every fault injected while it
 * lasted, from then on. A fault that is felt more than once, when it is made and when it heals, takes as long to
 * recover from as the longest of its stretches. Trouble that begins and ends before any fault is nobody's.
 */
export function recoveryPerFault(
  loads: readonly LoadTroubles[],
  injectedNs: readonly number[],
  endNs = Number.POSITIVE_INFINITY,
): Recovery[] {
  const stretches = mergeTroubles(loads.flatMap(({ troubles }) => troubles)).map((stretch) => ({
    ...stretch,
    isOver: loads.every((load) => wasQuietAfter(stretch, load, endNs)),
  }));
  return injectedNs.map((injected) => {
    if (injected === 0) return { troubledOperations: 0 };
    const beginNs = blamedFromNs(injected, injectedNs);
    const next = Math.min(...injectedNs.filter((other) => other > injected));
    const nextBeginNs = blamedFromNs(next, injectedNs);
    const felt = stretches.filter(
      ({ firstDueNs, lastDueNs }) =>
        firstDueNs < nextBeginNs && (firstDueNs >= beginNs || lastDueNs >= injected),
    );
    const [first] = felt;
    if (!first) return { ns: 0, troubledOperations: 0 };
    const lengths = felt.map(
      ({ firstDueNs, lastDueNs }) => lastDueNs - (firstDueNs >= beginNs ? firstDueNs : injected),
    );
    return {
      ...(felt.every(({ isOver }) => isOver)
        ? { ns: Math.max(...lengths) }
        : { atLeastNs: Math.max(...lengths) }),
      troubledOperations: felt.reduce((sum, { operations }) => sum + operations, 0),
      firstReason: first.reason,
      steps: {
        firstTroubledNs: Math.max(0, first.firstDueNs - injected),
        detectedNs: Math.max(0, first.noticedNs - injected),
        ...(felt.every(({ isOver }) => isOver) && {
          servedNs: Math.max(0, Math.max(...felt.map(({ lastDueNs }) => lastDueNs)) - injected),
        }),
      },
    };
  });
}

/** From when on trouble is a fault's: a little before it, but never so far that it would be the fault's before. */
function blamedFromNs(injected: number, injectedNs: readonly number[]): number {
  const previous = Math.max(...injectedNs.filter((other) => other > 0 && other < injected));
  return injected - Math.min(IN_FLIGHT_NS, (injected - previous) / 2);
}

/** Whether a load that took part in a stretch went on for long enough afterwards to show that it was back. */
function wasQuietAfter(stretch: Trouble, { troubles, endNs }: LoadTroubles, stoppedNs: number): boolean {
  const own = troubles.filter(
    ({ firstDueNs, lastDueNs }) => firstDueNs >= stretch.firstDueNs && lastDueNs <= stretch.lastDueNs,
  );
  return own.every(({ lastDueNs }) => Math.min(endNs, stoppedNs) - lastDueNs >= QUIET_NS);
}
