import type { Labels } from './prometheus-api.js';

/** A stretch of time in which an alert was pending or firing, by the moments at which its rule was evaluated. Monotonic. */
export interface AlertEpisode {
  readonly alert: string;
  /** Without the name and the state. */
  readonly labels: Labels;
  readonly state: 'pending' | 'firing';
  readonly fromNs: number;
  /** The last evaluation that said so. */
  lastNs: number;
  /** The first that no longer did; absent as long as it goes on. */
  endNs?: number;
}

/** Evaluations that a busy Prometheus may leave out before an alert counts as resolved. */
const MISSED_EVALUATIONS = 2.5;

/** What Prometheus says of its alerts in the series `ALERTS`, a sample each evaluation, put together to episodes. */
export class AlertBook {
  readonly episodes: AlertEpisode[] = [];
  readonly #open = new Map<string, AlertEpisode>();
  readonly #evaluationNs: (alert: string) => number;
  readonly #onChange: (what: 'fired' | 'resolved', episode: AlertEpisode) => void;

  /** @param evaluationNs how often the rule of an alert is evaluated */
  constructor(
    evaluationNs: (alert: string) => number,
    onChange: (what: 'fired' | 'resolved', episode: AlertEpisode) => void,
  ) {
    this.#evaluationNs = evaluationNs;
    this.#onChange = onChange;
  }

  /** Samples of one series, ascending; those that were added before do no harm. */
  add({ __name__: _, alertname = '', alertstate, ...labels }: Labels, timesNs: readonly number[]): void {
    const state = alertstate === 'firing' ? 'firing' : 'pending';
    const key = JSON.stringify([alertname, state, Object.entries(labels).sort()]);
    const evaluationNs = this.#evaluationNs(alertname);
    for (const atNs of timesNs) {
      const open = this.#open.get(key);
      // The two clocks are compared anew each time: within half an interval it is the same evaluation.
      if (open && atNs <= open.lastNs + evaluationNs / 2) continue;
      if (open && atNs - open.lastNs <= MISSED_EVALUATIONS * evaluationNs) {
        open.lastNs = atNs;
        continue;
      }
      if (open) this.#end(key, open);
      const episode: AlertEpisode = { alert: alertname, labels, state, fromNs: atNs, lastNs: atNs };
      if (this.#isOver(episode)) continue;
      this.episodes.push(episode);
      this.#open.set(key, episode);
      if (state === 'firing') this.#onChange('fired', episode);
    }
  }

  /** What was not said again by then is over. */
  endBefore(atNs: number): void {
    for (const [key, episode] of this.#open) {
      if (atNs - episode.lastNs > MISSED_EVALUATIONS * this.#evaluationNs(episode.alert))
        this.#end(key, episode);
    }
  }

  /** A sample of an episode that has ended already, which was asked for once more. */
  #isOver({ alert, state, labels, fromNs }: AlertEpisode): boolean {
    const own = JSON.stringify(Object.entries(labels).sort());
    return this.episodes.some(
      (other) =>
        other.alert === alert &&
        other.state === state &&
        fromNs <= other.lastNs + this.#evaluationNs(alert) / 2 &&
        JSON.stringify(Object.entries(other.labels).sort()) === own,
    );
  }

  #end(key: string, episode: AlertEpisode): void {
    episode.endNs = episode.lastNs + this.#evaluationNs(episode.alert);
    this.#open.delete(key);
    if (episode.state === 'firing') this.#onChange('resolved', episode);
  }
}
