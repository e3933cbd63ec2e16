import { NS } from '../base/clock.js';
import type { ConsumerLook, History } from '../contracts/history.js';

/** So long a leader that was cut off may take itself for one, and a group look for another. */
const AFTERMATH_NS = 10 * NS.s;

/** Whether a fault held at some time between the two, or within ten seconds before. */
export const wasTroubled = ({ faults }: Pick<History, 'faults'>, fromNs: number, toNs: number): boolean =>
  faults.some((fault) => fault.fromNs <= toNs && (fault.toNs === 0 || fault.toNs + AFTERMATH_NS >= fromNs));

/** A look was made, and answered, by the time of the next. */
export const lookEndNs = (looks: readonly ConsumerLook[], at: number): number =>
  looks[at + 1]?.atNs ?? Number.POSITIVE_INFINITY;
