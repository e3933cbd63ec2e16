import { NS } from '../../base/clock.js';
import type { MetricFamily, MetricSample } from '../../contracts/metric.js';
import type { BookScene } from '../books.js';
import { type EventBook, FIELD, type ScannedEvent } from '../events/scanned-event.js';
import { family } from '../family.js';
import { fieldText } from '../tables/field-text.js';
import { happenedNs } from '../tables/happened.js';
import { SeriesColumn } from '../tables/series-names.js';
import { SightWatch } from '../tables/sight-watch.js';
import { RunState } from './run-state.js';

/** A run that said nothing for longer has ended unheard. It says where it stands every five seconds. */
const GONE_NS = 60 * NS.s;
/** Runs that are told apart; the one that was silent for the longest time gives way. */
const MOST_RUNS = 20;
/** Runs that said that they ended: what still comes of them comes late, or again. */
const MOST_ENDED = 1000;

/** What is summed up: the outcomes of operations. */
const OUTCOMES = ['ok', 'failed', 'unknown', 'dropped', 'unsent'] as const;
/** Field → the label that it is shown under. */
const QUANTILES = { p50: '0.5', p90: '0.9', p99: '0.99', p999: '0.999', max: '1' } as const;

const TEXTS = ['run', 'phase', 'fault', 'kind', 'targets', 'status', 'load', 'measure'] as const;
const NUMBERS = [
  'count',
  'due_total',
  ...OUTCOMES.map((name) => `${name}_total` as const),
  ...(Object.keys(QUANTILES) as (keyof typeof QUANTILES)[]),
] as const;

/** Shows how runs stand, by what they say of themselves: `cim_stormglass_*`. */
export class RunBook implements EventBook {
  readonly #scene: BookScene;
  readonly #texts: Readonly<Record<(typeof TEXTS)[number], number>>;
  readonly #numbers: Readonly<Record<(typeof NUMBERS)[number], number>>;
  readonly #holds: number;
  /** 1 for those of the domain `stormglass`. */
  readonly #isOwn: SeriesColumn;
  readonly #runs = new Map<string, RunState>();
  readonly #ended = new Set<string>();
  readonly #sight: SightWatch;

  constructor(scene: BookScene) {
    this.#scene = scene;
    this.#isOwn = new SeriesColumn(scene.series, (domain) => (domain === 'stormglass' ? 1 : 0));
    this.#sight = new SightWatch(scene.startNs);
    const wanted = <Name extends string>(names: readonly Name[]) =>
      Object.fromEntries(names.map((name) => [name, scene.want(name)])) as Record<Name, number>;
    this.#texts = wanted(TEXTS);
    this.#numbers = wanted(NUMBERS);
    this.#holds = scene.want('holds');
  }

  onEvent(event: ScannedEvent): void {
    if (this.#isOwn.of(event) === 1) this.#onOwnEvent(event, this.#scene.series.namesOf(event).type);
  }

  #onOwnEvent(event: ScannedEvent, type: string): void {
    const text = (name: (typeof TEXTS)[number]) => this.#text(event, name);
    const number = (name: (typeof NUMBERS)[number]) => this.#number(event, name);
    const run = text('run');
    if (run === '' || this.#ended.has(run)) return;
    const { receivedNs: nowNs } = event;
    const atNs = happenedNs(event);
    switch (type) {
      case 'RunStarted':
        this.#runOf(run, nowNs);
        break;
      case 'RunEnded':
        this.#end(run);
        break;
      case 'PhaseBegan':
      case 'RunProgressed':
        this.#runOf(run, nowNs).notePhase(text('phase'), atNs);
        break;
      case 'FaultInjected':
      case 'FaultHolds':
      case 'FaultReverted':
      case 'FaultFailed': {
        const mayHold = type === 'FaultReverted' && !this.#isTrue(event);
        const isActive = type === 'FaultInjected' || type === 'FaultHolds' || mayHold;
        const state = { kind: text('kind'), target: text('targets'), isActive, saidNs: nowNs, atNs };
        this.#runOf(run, nowNs).noteFault(text('fault'), state);
        break;
      }
      case 'FaultsCounted':
        this.#runOf(run, nowNs).noteCount(text('kind'), text('status'), number('count') ?? 0);
        break;
      case 'LoadMeasured': {
        const sums = ['due', ...OUTCOMES] as const;
        const told = sums.map((name) => [name, number(`${name}_total`) ?? 0]);
        this.#runOf(run, nowNs).noteSums(text('load'), Object.fromEntries(told));
        break;
      }
      case 'LatencyMeasured': {
        const names = Object.keys(QUANTILES) as (keyof typeof QUANTILES)[];
        const told = names.flatMap((name) => {
          const seconds = number(name);
          return seconds === undefined ? [] : [[QUANTILES[name], seconds]];
        });
        const figures = Object.fromEntries(told) as Record<string, number>;
        const latency = { load: text('load'), measure: text('measure'), figures, saidNs: nowNs, atNs };
        this.#runOf(run, nowNs).noteLatency(latency);
      }
    }
  }

  #runOf(run: string, nowNs: number): RunState {
    let state = this.#runs.get(run);
    if (state === undefined) {
      if (this.#runs.size >= MOST_RUNS) this.#forgetQuietest();
      state = new RunState(nowNs);
      this.#runs.set(run, state);
    }
    state.lastSaidNs = nowNs;
    state.isGone = false;
    return state;
  }

  #end(run: string): void {
    this.#runs.delete(run);
    this.#ended.add(run);
    if (this.#ended.size > MOST_ENDED) this.#ended.delete(this.#ended.values().next().value as string);
  }

  #forgetQuietest(): void {
    const [quietest] = [...this.#runs].sort(([, a], [, b]) => a.lastSaidNs - b.lastSaidNs);
    if (quietest) this.#runs.delete(quietest[0]);
  }

  #text({ buffer, fieldKinds, fieldStarts, fieldEnds }: ScannedEvent, name: (typeof TEXTS)[number]): string {
    const field = this.#texts[name];
    if (fieldKinds[field] !== FIELD.text) return '';
    return fieldText(buffer, fieldStarts[field]!, fieldEnds[field]!);
  }

  #number({ fieldKinds, fieldNumbers }: ScannedEvent, name: (typeof NUMBERS)[number]): number | undefined {
    const field = this.#numbers[name];
    const value = fieldKinds[field] === FIELD.number ? fieldNumbers[field]! : Number.NaN;
    return Number.isFinite(value) && value >= 0 ? value : undefined;
  }

  #isTrue({ fieldKinds, fieldNumbers }: ScannedEvent): boolean {
    return fieldKinds[this.#holds] === FIELD.boolean && fieldNumbers[this.#holds] === 1;
  }

  tick(nowNs: number): void {
    const sight = this.#sight;
    sight.onTime(nowNs);
    if (!sight.isSeeing) return;
    const silentSinceNs = (heardNs: number) => sight.silentSinceNs(heardNs);
    for (const state of this.#runs.values()) {
      state.tick({ nowNs, silentSinceNs });
      if (nowNs - silentSinceNs(state.lastSaidNs) > GONE_NS) state.leave();
    }
  }

  onSight(isSeeing: boolean, nowNs: number): void {
    this.#sight.onSight(isSeeing, nowNs);
  }

  *families(): Iterable<MetricFamily> {
    const runs = [...this.#runs].filter(([, { isGone }]) => !isGone);
    const samplesOf = (of: (run: string, state: RunState) => Iterable<MetricSample>): MetricSample[] =>
      runs.flatMap(([run, state]) => [...of(run, state)]);
    yield family(
      'cim_stormglass_phase',
      samplesOf((run, { phase }) => (phase === '' ? [] : [{ labels: { run, phase }, value: 1 }])),
    );
    yield family(
      'cim_stormglass_fault_active',
      samplesOf((run, { faults }) =>
        [...faults].map(([fault, { kind, target, isActive }]) => ({
          labels: { run, fault, kind, target },
          value: isActive ? 1 : 0,
        })),
      ),
    );
    yield family(
      'cim_stormglass_faults_total',
      samplesOf((run, state) =>
        [...state.counts()].map(({ kind, status, count }) => ({
          labels: { run, kind, status },
          value: count,
        })),
      ),
    );
    yield family(
      'cim_stormglass_operations_total',
      samplesOf((run, { sums }) =>
        [...sums].flatMap(([load, ofLoad]) =>
          OUTCOMES.map((outcome) => ({ labels: { run, load, outcome }, value: ofLoad[outcome] ?? 0 })),
        ),
      ),
    );
    yield family(
      'cim_stormglass_due_total',
      samplesOf((run, { sums }) =>
        [...sums].map(([load, ofLoad]) => ({ labels: { run, load }, value: ofLoad.due ?? 0 })),
      ),
    );
    yield family(
      'cim_stormglass_latency_seconds',
      samplesOf((run, state) =>
        [...state.latencies()].flatMap(({ load, measure, figures }) =>
          Object.entries(figures).map(([quantile, value]) => ({
            labels: { run, load, measure, quantile },
            value,
          })),
        ),
      ),
    );
  }
}
