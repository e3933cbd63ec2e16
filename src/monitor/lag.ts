import { NS } from '../base/clock.js';

/** A longer lag is the fault of a clock, as is one below zero: another machine's, or a wrong one. */
export const LONGEST_LAG_NS = NS.h;

/** From due to received, in nanoseconds; −1 when it cannot be believed. */
export function lagOf(receivedNs: number, dueNs: number): number {
  const lagNs = receivedNs - dueNs;
  return lagNs >= 0 && lagNs <= LONGEST_LAG_NS ? lagNs : -1;
}
