import { NS, nowNs } from '../../base/clock.js';
import { waitFor } from '../../base/wait.js';
import type { Direction } from '../../contracts/links.js';
import type { Canaries } from './canaries.js';
import { wayText } from './link-choice.js';

export interface FlyOptions {
  /** These are waited for; the others are given `atLeastMs`. */
  readonly awaited: readonly Direction[];
  readonly others?: readonly Direction[];
  readonly atLeastMs?: number;
  readonly atMostMs: number;
  readonly bytes?: number;
  readonly signal: AbortSignal;
}

/** How long the canary on a way took, in milliseconds; `undefined` when it has not come in time, or could not set out. */
export type FlightTimes = (way: Direction) => number | undefined;

/** Sends a canary along each way and waits for them. Rejects with the signal's reason only. */
export async function fly(canaries: Canaries, options: FlyOptions): Promise<FlightTimes> {
  const { awaited, others = [], atLeastMs = 0, atMostMs, bytes, signal } = options;
  const sent = new Map([...others, ...awaited].map((way) => [wayText(way), canaries.send(way, bytes)]));
  const startNs = nowNs();
  const timeOf = (way: Direction): number | undefined => {
    const number = sent.get(wayText(way));
    return number === undefined ? undefined : canaries.tookMs(way, number);
  };
  const isOver = () =>
    nowNs() - startNs >= atLeastMs * NS.ms && awaited.every((way) => timeOf(way) !== undefined);
  await waitFor(isOver, { timeoutMs: atMostMs, everyMs: 5, signal });
  return timeOf;
}
