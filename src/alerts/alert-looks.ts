import { NS, nowNs, wallNow } from '../base/clock.js';
import { AlertBook } from './alert-book.js';
import { alertSelector, alertSeries } from './alert-samples.js';
import type { RunTimes } from './alert-times.js';
import type { Deliveries } from './deliveries.js';
import type { PrometheusApi } from './prometheus-api.js';

/** Longest pause between two looks at what fires. */
const LONGEST_PAUSE_MS = 1_000;
/** What was evaluated is in the store, and can be asked for, this much later. */
const STORED_WITHIN_NS = 500 * NS.ms;

export interface AlertLooksOptions {
  readonly api: PrometheusApi;
  readonly deliveries: Deliveries;
  readonly runTimes: RunTimes;
  /** Those that are expected: everything was seen when their rules were evaluated. */
  readonly alerts: ReadonlySet<string>;
  readonly onChange: ConstructorParameters<typeof AlertBook>[1];
}

/** Asks Prometheus what fires and Alertmanager whether it is heard, again and again. */
export class AlertLooks {
  readonly book: AlertBook;
  readonly everyMs: number;
  /** Monotonic: everything that was evaluated by then has been seen. */
  seenUntilNs = nowNs();
  /** When Alertmanager was last asked and answered: until then, who was told nothing was to be told nothing. */
  heardUntilNs = 0;
  readonly #options: AlertLooksOptions;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(options: AlertLooksOptions) {
    this.#options = options;
    const { runTimes, onChange } = options;
    this.book = new AlertBook((alert) => runTimes.evaluationNs(alert), onChange);
    this.everyMs = Math.min(LONGEST_PAUSE_MS, runTimes.times.evaluationNs / NS.ms);
  }

  /** Looks from now on, until it is stopped. */
  start(): void {
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => {
      this.#looking = this.look().then(() => this.start());
    }, this.everyMs);
  }

  /** Resolves when the look that goes on has ended. */
  settled(): Promise<void> {
    return this.#looking;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#looking;
  }

  /** What was evaluated since the last look. Never rejects: what is not seen now is seen by the next look, which goes further back. */
  async look(): Promise<void> {
    const { api, deliveries, runTimes } = this.#options;
    const askedNs = nowNs();
    const heard = deliveries.look();
    try {
      // Before the samples: those of an evaluation that is over are all there.
      const evaluated = await this.#evaluatedUntil();
      // Of a moment that is fixed: an answer that is late must leave out nothing of what has not been seen.
      const atNs = nowNs();
      const sinceNs = atNs - this.seenUntilNs + 3 * runTimes.times.evaluationNs + NS.s;
      const at = wallNow().getTime() / 1000;
      const series = await api.samples(alertSelector(Math.ceil(sinceNs / NS.ms)), at);
      for (const each of alertSeries(series, clockOffsetNs())) this.book.add(each);
      const storedNs = askedNs - STORED_WITHIN_NS;
      this.seenUntilNs = Math.min(
        storedNs,
        ...[...evaluated].map(([alert, ns]) => (this.#options.alerts.has(alert) ? ns : storedNs)),
      );
      this.book.endBefore((alert) => Math.min(storedNs, evaluated.get(alert) ?? storedNs));
    } catch {
      // It is asked again.
    }
    if (await heard) this.heardUntilNs = askedNs;
  }

  /** By alert, until when all of its rules were evaluated: one that stands still says nothing, neither that an alert is over. */
  async #evaluatedUntil(): Promise<ReadonlyMap<string, number>> {
    const groups = await this.#options.api.groups();
    const offsetNs = clockOffsetNs();
    const evaluated = new Map<string, number>();
    for (const { rules, lastEvaluation } of groups) {
      const ns = Date.parse(lastEvaluation) * NS.ms + offsetNs;
      for (const { name, type } of rules) {
        if (type === 'alerting') evaluated.set(name, Math.min(ns, evaluated.get(name) ?? ns));
      }
    }
    return evaluated;
  }
}

/** From the wall clock, which Prometheus goes by, to ours, as it is now. */
const clockOffsetNs = (): number => nowNs() - wallNow().getTime() * NS.ms;
