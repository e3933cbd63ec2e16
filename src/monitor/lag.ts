import { NS } from '../base/clock.js';

/** The stamp of another machine's clock gives such lags, of either sign. */
const ABSURD_NS = NS.h;

/** From due to received, in nanoseconds; −1 when it lies before the one or more than an hour behind it. */
export function lagOf(receivedNs: number, dueNs: number): number {
  const lagNs = receivedNs - dueNs;
  return lagNs >= 0 && lagNs <= ABSURD_NS ? lagNs : -1;
}
