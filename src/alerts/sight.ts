import { NS } from '../base/nanoseconds.js';
import type { AlertTimes } from '../contracts/alert.js';
import type { AlertEpisode } from './alert-book.js';
import type { Notified } from './webhook.js';

/** A time in which Alertmanager could not hand over what it had to tell. Monotonic. */
export interface DeliveryTrouble {
  readonly fromNs: number;
  toNs: number;
  /** For people. */
  why: string;
}

/** What was seen of the alerts until now. */
export interface Sight {
  readonly episodes: readonly AlertEpisode[];
  readonly notified: readonly Notified[];
  readonly troubles: readonly DeliveryTrouble[];
  readonly times: AlertTimes;
  /** Monotonic: everything that Prometheus had evaluated by then has been seen. */
  readonly seenUntilNs: number;
  /** Until then Prometheus and Alertmanager have both answered: who was told of nothing was to be told of nothing. */
  readonly toldUntilNs: number;
  /** Monotonic: since when a notification is on its way, of which nobody knows yet whether it is taken. */
  readonly pendingSinceNs?: number | undefined;
}

/** Beyond the times of its groups, what Alertmanager and the way to it may take on a busy machine. */
export const TELLING_TAKES_NS = 5 * NS.s;
