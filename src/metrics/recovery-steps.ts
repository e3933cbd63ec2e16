import type { FaultResult, Recovery, RecoverySteps } from '../contracts/run-result.js';

/** Something that could be seen from outside, and when; monotonic. */
export interface RecoverySign {
  readonly atNs: number;
  readonly what: 'election' | 'advisory' | 'unsteady' | 'steady';
}

/** How many messages consumers had before them. */
export interface BacklogReading {
  readonly atNs: number;
  readonly messages: number;
}

export interface RecoveryBook {
  readonly signs: readonly RecoverySign[];
  /** Ascending. */
  readonly backlog: readonly BacklogReading[];
}

export type RecoveredFault = Pick<FaultResult, 'injectedNs' | 'revertedNs' | 'settled'>;

/** A backlog that goes up and down by less than this share of itself has not grown. */
const BACKLOG_NOISE = 0.1;
/** Nor one that has grown by fewer messages: an interval's worth may be under way at any time. */
const BACKLOG_FEW = 100;

/**
 * The steps of each fault's recovery, in the order of the faults: those that the load knows are in `recoveries`
 * already. A sign is a fault's from its injection until the first injection after it was healed.
 */
export function addRecoverySteps(
  recoveries: readonly Recovery[],
  faults: readonly RecoveredFault[],
  book: RecoveryBook,
): Recovery[] {
  return recoveries.map((recovery, i) => {
    const fault = faults[i];
    if (fault === undefined || fault.injectedNs === 0) return recovery;
    const later = faults.map(({ injectedNs }) => injectedNs).filter((ns) => ns > fault.revertedNs);
    const endNs = Math.min(Number.POSITIVE_INFINITY, ...later);
    return { ...recovery, steps: { ...recovery.steps, ...signsOf(fault, endNs, recovery.steps, book) } };
  });
}

function signsOf(
  { injectedNs, revertedNs, settled }: RecoveredFault,
  endNs: number,
  known: RecoverySteps | undefined,
  { signs, backlog }: RecoveryBook,
): RecoverySteps {
  const own = signs.filter(({ atNs }) => atNs >= injectedNs && atNs < endNs);
  const first = own.find(({ what }) => what !== 'steady')?.atNs;
  const detected = Math.min(
    known?.detectedNs ?? Number.POSITIVE_INFINITY,
    first === undefined ? Number.POSITIVE_INFINITY : first - injectedNs,
  );
  const elected = own.findLast(({ what }) => what === 'election')?.atNs;
  const drained = drainedAt(backlog, injectedNs, endNs);
  return {
    ...(Number.isFinite(detected) && { detectedNs: detected }),
    ...(elected !== undefined && { electedNs: elected - injectedNs }),
    ...(drained !== undefined && { drainedNs: drained - injectedNs }),
    ...(settled?.steady && { steadyNs: revertedNs + settled.afterNs - injectedNs }),
  };
}

/** When the backlog was first what it had been at the most before, after it had grown beyond that; undefined if it never had, or has not come back. */
function drainedAt(
  backlog: readonly BacklogReading[],
  injectedNs: number,
  endNs: number,
): number | undefined {
  const before = backlog.filter(({ atNs }) => atNs < injectedNs).map(({ messages }) => messages);
  if (before.length === 0) return undefined;
  const most = before.reduce((high, messages) => Math.max(high, messages), 0);
  const bound = most + Math.max(BACKLOG_FEW, most * BACKLOG_NOISE);
  const since = backlog.filter(({ atNs }) => atNs >= injectedNs && atNs < endNs);
  const lastBeyond = since.findLastIndex(({ messages }) => messages > bound);
  return lastBeyond < 0 ? undefined : since[lastBeyond + 1]?.atNs;
}
