import type { MetricFamily, MetricSample, MetricSource } from '../../contracts/metric.js';
import type { EventCounter } from '../event-counter.js';
import { ERROR_REASONS } from '../events/error-reasons.js';
import { family } from '../family.js';
import { LAG_BOUNDS_S } from '../lag-buckets.js';
import type { LoadFigures } from '../load-tally.js';
import type { SourceFigures } from '../sequences/numbered-sources.js';
import { FurtherLabels } from './further-labels.js';

type Labels = Readonly<Record<string, string>>;

/** What the counter of events knows, as metrics. */
export class EventFigures implements MetricSource {
  readonly #counter: EventCounter;
  /** By series, made once. */
  readonly #labels: Labels[] = [];
  readonly #reasonLabels = new FurtherLabels('reason');
  readonly #outcomeLabels = new FurtherLabels('outcome');

  constructor(counter: EventCounter) {
    this.#counter = counter;
  }

  *families(): Iterable<MetricFamily> {
    const { figures, series, lags, maxSeries } = this.#counter;
    this.#labelSeries();
    yield family(
      'cim_events_total',
      this.#bySeries((index) => figures.events(index)),
    );
    yield family(
      'cim_event_messages_total',
      this.#bySeries((index) => figures.messages(index)),
    );
    yield family(
      'cim_event_bytes_total',
      this.#bySeries((index) => figures.bytes(index)),
    );
    yield family(
      'cim_event_last_seen_timestamp_seconds',
      this.#bySeries((index) => figures.lastSeenMs(index) / 1000),
    );
    yield family('cim_event_lag_seconds', this.#lags());
    yield family('cim_event_errors_total', this.#errors());
    yield family('cim_event_outcomes_total', this.#outcomes());
    yield family(
      'cim_events_received_total',
      this.#byWriter(({ received }) => received),
    );
    yield family(
      'cim_events_lost_total',
      this.#byWriter(({ lost }) => lost),
    );
    yield family(
      'cim_events_late_total',
      this.#byWriter(({ late }) => late),
    );
    yield family(
      'cim_events_unseen_total',
      this.#byWriter(({ unseen }) => unseen),
    );
    yield family(
      'cim_events_duplicated_total',
      this.#byWriter(({ duplicates }) => duplicates),
    );
    yield family('cim_monitor_series', single(series.size));
    yield family('cim_monitor_series_limit', single(maxSeries));
    yield family('cim_monitor_series_dropped_total', single(series.dropped));
    yield family(
      'cim_monitor_source_events_dropped_total',
      single(this.#counter.numbers?.sources.dropped ?? 0),
    );
    yield family('cim_monitor_lag_discarded_total', [
      { labels: { sign: 'negative' }, value: lags.discardedNegative },
      { labels: { sign: 'positive' }, value: lags.discardedPositive },
    ]);
  }

  #labelSeries(): void {
    const { domains, types } = this.#counter.series;
    for (let index = this.#labels.length; index < domains.length; index++) {
      this.#labels.push({ domain: domains[index]!, type: types[index]! });
    }
  }

  /** Of those that had an event: what came after the page was begun waits for the next. */
  *#bySeries(figure: (index: number) => number): Iterable<MetricSample> {
    const { figures } = this.#counter;
    for (const [index, labels] of this.#labels.entries()) {
      if (figures.messages(index) > 0) yield { labels, value: figure(index) };
    }
  }

  /** Of loads by their stamps, and by domain of those who number their events themselves. */
  #byWriter(figure: (figures: LoadFigures | SourceFigures) => number): MetricSample[] {
    const { loads, numbers } = this.#counter;
    const [unknown] = loads.names as [string];
    const ofLoads = loads.figures().map((each) => ({ labels: { load: each.load }, value: figure(each) }));
    const ofOthers = (numbers?.sources.figures() ?? []).map((each) => ({
      labels: { load: unknown, domain: each.domain },
      value: figure(each),
    }));
    return [...ofLoads, ...ofOthers];
  }

  *#errors(): Iterable<MetricSample> {
    const { errors } = this.#counter;
    for (const [index, labels] of this.#labels.entries()) {
      for (const reason of ERROR_REASONS) {
        if (!errors.isShown(index, reason)) continue;
        yield { labels: this.#reasonLabels.of(index, labels, reason), value: errors.of(index, reason) };
      }
    }
  }

  *#outcomes(): Iterable<MetricSample> {
    const { outcomes, figures } = this.#counter;
    const { names, success, failure } = outcomes.words;
    for (const [index, labels] of this.#labels.entries()) {
      const events = figures.events(index);
      const values = names.map((_, number) => outcomes.of(index, number, events));
      if (!values.some((value) => value > 0)) continue;
      for (const [number, outcome] of names.entries()) {
        const value = values[number] as number;
        // What succeeds may fail: the first failure must be one more than none.
        if (value > 0 || number === success || number === failure)
          yield { labels: this.#outcomeLabels.of(index, labels, outcome), value };
      }
    }
  }

  *#lags(): Iterable<MetricSample> {
    for (const [row, domain] of this.#counter.series.domainNames.entries()) {
      // At once: the buckets of one histogram belong together.
      yield* this.#lagsOf(row, domain);
    }
  }

  #lagsOf(row: number, domain: string): MetricSample[] {
    const { lags } = this.#counter;
    const { atOrBelow, count, sumSeconds } = lags.buckets.cumulative(row);
    if (count === 0) return [];
    const bucket = (le: string, value: number, column: number): MetricSample => {
      const exemplar = lags.exemplars.of(row, column);
      return { labels: { domain, le }, value, suffix: '_bucket', ...(exemplar && { exemplar }) };
    };
    return [
      ...atOrBelow.map((value, column) => bucket(String(LAG_BOUNDS_S[column]), value, column)),
      bucket('+Inf', count, LAG_BOUNDS_S.length),
      { labels: { domain }, value: sumSeconds, suffix: '_sum' },
      { labels: { domain }, value: count, suffix: '_count' },
    ];
  }
}

const single = (value: number): MetricSample[] => [{ labels: {}, value }];
