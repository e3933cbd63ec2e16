import type { CheckResult, CheckSet } from '../contracts/checker.js';

/** A set of a check that has a place on the timeline. */
export interface Anomaly {
  readonly check: string;
  readonly set: CheckSet;
}

export const MEANINGS = {
  violation: { word: 'violation', tone: 'fail', order: 0 },
  doubt: { word: 'in doubt', tone: 'open', order: 1 },
  allowed: { word: 'allowed', tone: 'muted', order: 2 },
} as const satisfies Record<CheckSet['meaning'], object>;

/** What broke a promise first, then what may have, then what may be. */
export function anomaliesOf(checks: readonly CheckResult[]): Anomaly[] {
  return checks
    .flatMap(({ name, sets }) => sets.map((set) => ({ check: name, set })))
    .filter(({ set }) => set.overTime.length > 0)
    .sort((a, b) => MEANINGS[a.set.meaning].order - MEANINGS[b.set.meaning].order);
}

/** When the last of them is over, in seconds after the start of the load. */
export const lastSecond = (anomalies: readonly Anomaly[]): number =>
  Math.max(0, ...anomalies.map(({ set }) => (set.overTime.at(-1)?.[0] ?? -1) + 1));

/** `lost (violation), acked-loss` */
export const anomalyLabel = ({ check, set }: Anomaly): string =>
  `${set.name} (${MEANINGS[set.meaning].word}), ${check}`;
