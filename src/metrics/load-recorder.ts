import { NS } from '../base/clock.js';
import type { HistogramSnapshot } from '../contracts/histogram.js';
import {
  type IntervalReport,
  LOAD_COUNTERS,
  LOAD_MEASURES,
  type LoadCounter,
  type LoadMeasure,
  type PhaseReport,
} from '../contracts/load.js';
import { LatencyHistogram } from './latency-histogram.js';
import { PHASES, type PhaseClock } from './phase-clock.js';
import { TroubleStretches } from './trouble-stretches.js';

/** Index of each counter, for `LoadRecorder.count`. */
export const COUNTER = Object.freeze(
  Object.fromEntries(LOAD_COUNTERS.map((name, index) => [name, index])),
) as Readonly<Record<LoadCounter, number>>;

/** Index of each measure, for `LoadRecorder.latency` and `censored`. */
export const MEASURE = Object.freeze({
  ackLatency: LOAD_MEASURES.indexOf('ack_latency'),
  serviceTime: LOAD_MEASURES.indexOf('service_time'),
  scheduleDelay: LOAD_MEASURES.indexOf('schedule_delay'),
  lag: LOAD_MEASURES.indexOf('lag'),
  drainTime: LOAD_MEASURES.indexOf('drain_time'),
});

const WARM_UP = PHASES.indexOf('warm-up');
const REPORT_EVERY_NS = NS.s;

export interface LoadRecorderOptions {
  readonly load: string;
  /** Worker index within the load; −1 for the monitor. */
  readonly worker: number;
  readonly phaseClock: PhaseClock;
  /** An acknowledgement later than this after the due time is trouble; Infinity for loads that have none. */
  readonly overdueNs: number;
  /** Monotonic start of the run's load: reports are cut at whole seconds from here. */
  readonly startNs: number;
  /** Monotonic: the first interval begins here; at `startNs` unless told. */
  readonly firstNs?: number;
  /** When the load's warm-up is over, after the start of the phase clock; it has none unless told. */
  readonly warmUpEndNs?: number | undefined;
}

/**
 * What one worker sees of one load, between two reports. Recording allocates nothing. Every method that takes a due
 * time files the operation under the phase in which it was due.
 */
export class LoadRecorder {
  readonly #options: LoadRecorderOptions;
  readonly #phaseClock: PhaseClock;
  readonly #overdueNs: number;
  readonly #counters = new Float64Array(PHASES.length * LOAD_COUNTERS.length);
  /** By phase and measure; made when the first value comes. */
  readonly #histograms: (LatencyHistogram | undefined)[] = Array.from({
    length: PHASES.length * LOAD_MEASURES.length,
  });
  readonly #troubles = new TroubleStretches();
  /** Due before, an operation belongs to the warm-up; Infinity until the start is known from which that counts. */
  #warmFromNs: number;
  #intervalStartNs: number;

  constructor(options: LoadRecorderOptions) {
    this.#options = options;
    this.#phaseClock = options.phaseClock;
    this.#overdueNs = options.overdueNs;
    this.#warmFromNs =
      options.warmUpEndNs === undefined ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
    this.#intervalStartNs = options.firstNs ?? options.startNs;
  }

  /** Index into PHASES of the phase in which an operation was due: what `count` takes. */
  phaseAt(dueNs: number): number {
    return dueNs < this.#warmFromNs ? this.#earlyPhase(dueNs) : this.#phaseClock.indexAt(dueNs);
  }

  #earlyPhase(dueNs: number): number {
    const { warmUpEndNs = 0 } = this.#options;
    const { startNs } = this.#phaseClock;
    if (startNs === undefined || this.#warmFromNs < Number.POSITIVE_INFINITY) return WARM_UP;
    // A stamp has microseconds: so its event falls into the same phase as the operation that it stands for.
    this.#warmFromNs = Math.ceil((startNs + warmUpEndNs) / NS.us) * NS.us;
    return this.phaseAt(dueNs);
  }

  /** Adds `n` to one of COUNTER. */
  count(counter: number, phase: number, n: number): void {
    this.#counters[phase * LOAD_COUNTERS.length + counter]! += n;
  }

  /** Records one of MEASURE. An `ack_latency` above the overdue bound is trouble as well: do not report it again. */
  latency(measure: number, dueNs: number, valueNs: number): void {
    this.latencyIn(this.phaseAt(dueNs), measure, valueNs);
    if (valueNs > this.#overdueNs && measure === MEASURE.ackLatency) {
      this.trouble(dueNs, dueNs + this.#overdueNs, 'overdue');
    }
  }

  /** Records a measure that makes no trouble, of an operation whose phase is known already. */
  latencyIn(phase: number, measure: number, valueNs: number): void {
    this.#histogram(phase, measure).record(valueNs);
  }

  /** Records an operation that ended without an answer after `waitedNs`. Its trouble is reported with `trouble`. */
  censored(measure: number, dueNs: number, waitedNs: number): void {
    this.#histogram(this.phaseAt(dueNs), measure).recordCensored(waitedNs);
  }

  /** An acknowledged operation failed, is unknown or was never sent; `atNs` is when that became known. */
  trouble(dueNs: number, atNs: number, reason: string): void {
    if (this.phaseAt(dueNs) !== WARM_UP) this.#troubles.add(dueNs, atNs, reason);
  }

  #histogram(phase: number, measure: number): LatencyHistogram {
    const at = phase * LOAD_MEASURES.length + measure;
    const histogram = this.#histograms[at];
    if (histogram) return histogram;
    const fresh = new LatencyHistogram();
    this.#histograms[at] = fresh;
    return fresh;
  }

  /**
   * When the next report is due: the end of the current second of the load. Reports cut there fall into one row of
   * the timeline each, however the timer that takes them trembles.
   */
  nextReportNs(nowNs: number): number {
    const { startNs } = this.#options;
    return startNs + (Math.floor((nowNs - startNs) / REPORT_EVERY_NS) + 1) * REPORT_EVERY_NS;
  }

  /** What was recorded since the last report; `pending` operations are due or in flight and not yet finished. */
  take(nowNs: number, pending: number): IntervalReport {
    const report: IntervalReport = {
      load: this.#options.load,
      worker: this.#options.worker,
      startNs: this.#intervalStartNs,
      endNs: nowNs,
      phases: PHASES.flatMap((_, phase) => this.#takePhase(phase) ?? []),
      troubles: this.#troubles.takeGrown(),
      pending,
    };
    this.#intervalStartNs = nowNs;
    return report;
  }

  #takePhase(phase: number): PhaseReport | undefined {
    const counters: Partial<Record<LoadCounter, number>> = {};
    const histograms: Partial<Record<LoadMeasure, HistogramSnapshot>> = {};
    LOAD_COUNTERS.forEach((name, counter) => {
      const at = phase * LOAD_COUNTERS.length + counter;
      if (this.#counters[at] !== 0) counters[name] = this.#counters[at]!;
      this.#counters[at] = 0;
    });
    LOAD_MEASURES.forEach((name, measure) => {
      const snapshot = this.#histograms[phase * LOAD_MEASURES.length + measure]?.takeSnapshot();
      if (snapshot) histograms[name] = snapshot;
    });
    const isEmpty = Object.keys(counters).length === 0 && Object.keys(histograms).length === 0;
    return isEmpty ? undefined : { phase: PHASES[phase]!, counters, histograms };
  }
}
