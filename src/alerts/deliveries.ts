import { NS, nowNs } from '../base/clock.js';
import { formatDuration } from '../base/units.js';
import { lastLines } from '../processes/log-tail.js';
import type { DeliveryTrouble } from './sight.js';

const ANSWERS_WITHIN_MS = 2_000;
/** A receiver on this machine answers within milliseconds; after so long without an answer, something is wrong. */
const UNANSWERED_NS = 5 * NS.s;
const LOG_LINES = 40;

const COUNTERS = [
  'alertmanager_notifications_total',
  'alertmanager_notifications_failed_total',
  'alertmanager_notification_requests_total',
  'alertmanager_notification_requests_failed_total',
] as const;
type Counters = Record<(typeof COUNTERS)[number], number>;

/** What Alertmanager says of its notifications: whether all that it had to tell was taken. */
export class Deliveries {
  /** When it could not hand over what it had to tell, oldest first. */
  readonly troubles: DeliveryTrouble[] = [];
  readonly #url: string;
  readonly #logFile: string;
  readonly #onTrouble: (why: string) => void;
  #open: DeliveryTrouble | undefined;
  #failures = 0;
  #lookedNs = nowNs();
  /** Since when something is on its way. */
  #pendingSinceNs: number | undefined;

  /** @param onTrouble told once when it begins */
  constructor(url: string, logFile: string, onTrouble: (why: string) => void) {
    this.#url = url;
    this.#logFile = logFile;
    this.#onTrouble = onTrouble;
  }

  /** Asks; returns whether Alertmanager has answered. Never rejects. */
  async look(): Promise<boolean> {
    try {
      const signal = AbortSignal.timeout(ANSWERS_WITHIN_MS);
      const response = await fetch(new URL('/metrics', this.#url), { signal });
      const text = await response.text();
      if (!response.ok) return false;
      this.take(countersOf(text), nowNs());
      return true;
    } catch {
      return false;
    }
  }

  /** Since when, at the earliest, a notification is on its way; `undefined` when none is. Monotonic. */
  get pendingSinceNs(): number | undefined {
    return this.#pendingSinceNs;
  }

  /** The counters as they are now. */
  take(counters: Counters, atNs: number): void {
    const failures =
      counters.alertmanager_notifications_failed_total +
      counters.alertmanager_notification_requests_failed_total;
    const taken =
      counters.alertmanager_notification_requests_total -
      counters.alertmanager_notification_requests_failed_total;
    const pending =
      counters.alertmanager_notifications_total - counters.alertmanager_notifications_failed_total - taken;
    const sinceNs = pending > 0 ? (this.#pendingSinceNs ?? this.#lookedNs) : undefined;
    const isUnanswered = sinceNs !== undefined && atNs - sinceNs >= UNANSWERED_NS;
    if (failures > this.#failures || isUnanswered) {
      const why =
        failures > this.#failures || this.#failures > 0
          ? `the notification failed: ${this.#lastError() ?? 'Alertmanager does not say why'}`
          : `a notification has had no answer for ${formatDuration(atNs - (sinceNs as number))}`;
      this.#note(sinceNs ?? this.#lookedNs, atNs, why);
    } else if (pending === 0) {
      this.#open = undefined;
    } else if (this.#open) {
      this.#open.toNs = atNs;
    }
    this.#failures = failures;
    this.#pendingSinceNs = sinceNs;
    this.#lookedNs = atNs;
  }

  #note(fromNs: number, toNs: number, why: string): void {
    if (this.#open === undefined) {
      this.#open = { fromNs, toNs, why };
      this.troubles.push(this.#open);
      this.#onTrouble(why);
    }
    this.#open.toNs = toNs;
    this.#open.why = why;
  }

  /** By its log: its metrics count failures, and do not say of whom or why. */
  #lastError(): string | undefined {
    for (const line of lastLines(this.#logFile, { count: LOG_LINES }).reverse()) {
      const receiver = /\breceiver="?([^"\s]+)/.exec(line)?.[1];
      const error = /\berr="((?:\\.|[^"\\])*)"/.exec(line)?.[1];
      if (error === undefined) continue;
      const text = error.replace(/\\(.)/g, '$1');
      return receiver === undefined ? text : `to \`${receiver}\`: ${text}`;
    }
    return undefined;
  }
}

/** Sums over whatever labels there are: newer versions tell a reason, too. */
function countersOf(text: string): Counters {
  const counters = Object.fromEntries(COUNTERS.map((name) => [name, 0])) as Counters;
  for (const line of text.split('\n')) {
    const name = COUNTERS.find((each) => line.startsWith(`${each}{`) || line.startsWith(`${each} `));
    if (name !== undefined) counters[name] += Number(line.slice(line.lastIndexOf(' ') + 1));
  }
  return counters;
}
