import type { AlertSample, AlertSeries } from './alert-samples.js';
import type { Labels } from './prometheus-api.js';

/** A stretch of time in which an alert was pending or firing, by the moments at which its rule was evaluated. Monotonic. */
export interface AlertEpisode {
  readonly alert: string;
  /** Without the name and the state. */
  readonly labels: Labels;
  readonly state: 'pending' | 'firing';
  /** The first evaluation at which its condition held; what fires may have waited since then. */
  readonly activeNs: number;
  readonly fromNs: number;
  /** The last evaluation that said so. */
  lastNs: number;
  /** The first that no longer did; absent as long as it goes on. */
  endNs?: number;
}

/** Evaluations that a busy Prometheus may leave out before an alert counts as resolved, where it does not say since when it holds. */
const MISSED_EVALUATIONS = 2.5;

interface Known {
  readonly episode: AlertEpisode;
  readonly activation: number | undefined;
}

/**
 * What Prometheus says of its alerts, a sample each evaluation, put together to episodes: an alert that has held since the same
 * moment is the same one, however many evaluations were left out.
 */
export class AlertBook {
  readonly episodes: AlertEpisode[] = [];
  /** The latest of each alert, state and set of labels. */
  readonly #latest = new Map<string, Known>();
  /** By alert, labels and activation: the first evaluation that told of it. */
  readonly #activeNs = new Map<string, number>();
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

  /** Samples, ascending; those that were added before do no harm. What an alert waited comes before its firing. */
  add({ alert, state, labels, samples }: AlertSeries): void {
    const ofAlert = JSON.stringify([alert, Object.entries(labels).sort()]);
    const key = `${state} ${ofAlert}`;
    const evaluationNs = this.#evaluationNs(alert);
    for (const { atNs, activation } of samples) {
      const latest = this.#latest.get(key);
      // The two clocks are compared anew each time: within half an interval it is the same evaluation.
      if (latest && atNs <= latest.episode.lastNs + evaluationNs / 2) continue;
      if (latest && this.#goesOn(latest, { atNs, ...(activation !== undefined && { activation }) })) {
        latest.episode.lastNs = atNs;
        continue;
      }
      if (latest && latest.episode.endNs === undefined) this.#end(latest.episode);
      const ofActivation = `${activation} ${ofAlert}`;
      const activeNs = (activation === undefined ? undefined : this.#activeNs.get(ofActivation)) ?? atNs;
      if (activation !== undefined) this.#activeNs.set(ofActivation, activeNs);
      const episode: AlertEpisode = { alert, labels, state, activeNs, fromNs: atNs, lastNs: atNs };
      this.episodes.push(episode);
      this.#latest.set(key, { episode, activation });
      if (state === 'firing') this.#onChange('fired', episode);
    }
  }

  /** What was not said again by then is over. @param evaluatedNs until when the rule of an alert was evaluated, and was seen to be */
  endBefore(evaluatedNs: (alert: string) => number): void {
    for (const { episode } of this.#latest.values()) {
      const { alert, lastNs, endNs } = episode;
      const longestNs = MISSED_EVALUATIONS * this.#evaluationNs(alert);
      if (endNs === undefined && evaluatedNs(alert) - lastNs > longestNs) this.#end(episode);
    }
  }

  /** Whether a sample tells of the same firing, or waiting, as the one before it. */
  #goesOn({ episode, activation }: Known, sample: AlertSample): boolean {
    if (activation === undefined || sample.activation === undefined) {
      const gapNs = sample.atNs - episode.lastNs;
      return episode.endNs === undefined && gapNs <= MISSED_EVALUATIONS * this.#evaluationNs(episode.alert);
    }
    if (activation !== sample.activation) return false;
    if (episode.endNs !== undefined) {
      // It was thought to be over, and was not.
      delete episode.endNs;
      if (episode.state === 'firing') this.#onChange('fired', episode);
    }
    return true;
  }

  #end(episode: AlertEpisode): void {
    episode.endNs = episode.lastNs + this.#evaluationNs(episode.alert);
    if (episode.state === 'firing') this.#onChange('resolved', episode);
  }
}
