import { NS } from '../../base/clock.js';
import type { ScannedEvent } from '../events/scanned-event.js';

/** A beginning without a time of its own that comes within this after an end is a late copy. */
export const LATE_WITHIN_NS = 5 * NS.s;

/** When an event happened, monotonic; where that is not known, when it was received. */
export function happenedNs({ receivedNs, lagNs }: ScannedEvent): number {
  return lagNs >= 0 ? receivedNs - lagNs : receivedNs;
}

/** Whether what begins under the id of something that ended is a new one, and not the old one's beginning, late or again. */
export function isAnew({ receivedNs, lagNs }: ScannedEvent, endedNs: number): boolean {
  return lagNs >= 0 ? receivedNs - lagNs > endedNs : receivedNs > endedNs + LATE_WITHIN_NS;
}
