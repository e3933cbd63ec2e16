import type { MetricFamily } from '../../contracts/metric.js';
import type { BookScene } from '../books.js';
import type { EventBook, ScannedEvent } from '../events/scanned-event.js';
import { family } from '../family.js';
import { OTHER } from '../series-table.js';
import { happenedNs } from '../tables/happened.js';
import { KeyHash } from '../tables/key-hash.js';
import { NONE } from '../tables/key-table.js';
import { SightWatch } from '../tables/sight-watch.js';
import { LabelColumns } from './label-columns.js';
import { MetricRows } from './metric-rows.js';
import { MetricRule } from './metric-rule.js';
import type { DeclaredMetric } from './metrics-schema.js';

/** Of events without a series so many kinds are remembered; then it begins anew. */
const MOST_OTHERS = 10_000;

/** A metric, with those of its rules that are about some series. */
interface MetricOfSeries {
  readonly metric: DomainMetric;
  readonly rules: readonly MetricRule[];
}

interface DomainMetric {
  readonly declared: DeclaredMetric;
  readonly rules: readonly MetricRule[];
  readonly labels: LabelColumns;
  readonly rows: MetricRows;
}

/** Makes the metrics that a configuration declares, of the fields of events. */
export class DomainMetricBook implements EventBook {
  readonly #metrics: readonly DomainMetric[];
  readonly #scene: BookScene;
  /** By series; found when the first event of one comes. */
  readonly #ofSeries: (readonly MetricOfSeries[] | undefined)[] = [];
  /** By domain and type of events that have no series. */
  readonly #ofOthers = new Map<string, readonly MetricOfSeries[]>();
  readonly #key = new KeyHash();
  readonly #watch: SightWatch;
  /** A metric of counted events is told of those that have no fields, too. */
  readonly everyEvent: boolean;

  constructor(declared: readonly DeclaredMetric[], scene: BookScene) {
    this.#scene = scene;
    this.#watch = new SightWatch(scene.startNs);
    this.#metrics = declared.map((metric) => {
      const sources = Array.isArray(metric.from) ? metric.from : [metric.from];
      return {
        declared: metric,
        rules: sources.map((from) => new MetricRule(metric, from, scene.want)),
        labels: new LabelColumns(metric.labels, scene.want, scene.series),
        rows: new MetricRows(metric),
      };
    });
    this.everyEvent = this.#metrics.some(({ rules }) => rules.some((rule) => rule.needsNoField));
  }

  onEvent(event: ScannedEvent): void {
    const metrics = this.#metricsOf(event);
    for (let i = 0; i < metrics.length; i++) {
      const { metric, rules } = metrics[i]!;
      for (let j = 0; j < rules.length; j++) {
        if (!rules[j]!.holds(event)) continue;
        this.#apply(metric, rules[j]!, event);
        break;
      }
    }
  }

  tick(nowNs: number): void {
    this.#watch.onTime(nowNs);
    for (const { declared, rows } of this.#metrics) {
      const afterNs = declared['expires-after'];
      if (afterNs !== undefined) rows.expire((toldNs) => this.#watch.silenceNs(toldNs) > afterNs);
    }
  }

  onSight(isSeeing: boolean, nowNs: number): void {
    this.#watch.onSight(isSeeing, nowNs);
  }

  *families(): Iterable<MetricFamily> {
    for (const { declared, labels, rows } of this.#metrics) {
      const { name, type, help } = declared;
      yield { name, type, help, labels: labels.names, source: 'the configuration', samples: rows.samples() };
    }
    yield family(
      'cim_monitor_metric_series_dropped_total',
      this.#metrics.map(({ declared, rows }) => ({ labels: { metric: declared.name }, value: rows.dropped })),
    );
  }

  #apply({ declared, labels, rows }: DomainMetric, rule: MetricRule, event: ScannedEvent): void {
    if (rule.isWrong(event)) {
      this.#scene.countError('wrong-type');
      return;
    }
    const value = rule.worthOf(event);
    if (Number.isNaN(value) && !rule.removes) return;
    if (rule.removes) {
      rows.removeAsked(labels.read(event));
      return;
    }
    if (declared.type === 'counter' && value < 0) {
      this.#scene.countError('wrong-type');
      return;
    }
    const key = this.#key;
    labels.setKey(key, event);
    let row = rows.find(key);
    if (row === NONE) row = rows.add(key, labels.read(event));
    const atNs = event.receivedNs;
    if (declared.type === 'gauge') rows.set(row, value, atNs);
    else if (declared.type === 'histogram') rows.observe(row, value, atNs);
    else if (declared['running-total']) rows.raiseTo(row, value, atNs, timeOf(event));
    else rows.increase(row, value, atNs);
  }

  #metricsOf(event: ScannedEvent): readonly MetricOfSeries[] {
    if (event.series === OTHER) return this.#metricsOfOther(event);
    const known = this.#ofSeries[event.series];
    if (known !== undefined) return known;
    const found = this.#findOut(event);
    this.#ofSeries[event.series] = found;
    return found;
  }

  #metricsOfOther(event: ScannedEvent): readonly MetricOfSeries[] {
    const { domain, type } = this.#scene.series.namesOf(event);
    const key = `${domain}.${type}`;
    const known = this.#ofOthers.get(key);
    if (known !== undefined) return known;
    if (this.#ofOthers.size === MOST_OTHERS) this.#ofOthers.clear();
    const found = this.#findOut(event);
    this.#ofOthers.set(key, found);
    return found;
  }

  #findOut(event: ScannedEvent): readonly MetricOfSeries[] {
    const { domain, type } = this.#scene.series.namesOf(event);
    return this.#metrics.flatMap((metric) => {
      const rules = metric.rules.filter((rule) => rule.isAbout(domain, type));
      return rules.length === 0 ? [] : [{ metric, rules }];
    });
  }
}

/** When an event happened, monotonic; NaN where it does not say. */
const timeOf = (event: ScannedEvent): number => (event.lagNs >= 0 ? happenedNs(event) : Number.NaN);
