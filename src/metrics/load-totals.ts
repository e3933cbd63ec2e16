import type { HistogramSnapshot } from '../contracts/histogram.js';
import {
  type IntervalReport,
  LOAD_COUNTERS,
  LOAD_MEASURES,
  type LoadCounter,
  type LoadMeasure,
  type PhaseReport,
  type Trouble,
} from '../contracts/load.js';
import type { LoadPlan } from '../contracts/plan/loads.js';
import type { LoadPhaseResult, LoadResult, Timeline } from '../contracts/run-result.js';
import { LatencyHistogram } from './latency-histogram.js';
import { CLOCK_PHASES, PHASES, type PhaseClock } from './phase-clock.js';
import { endAmong, mayEndEarly } from './schedule-end.js';
import { stageResults } from './stage-results.js';
import { TimelineRows } from './timeline-rows.js';
import { mergeTroubles } from './trouble-stretches.js';

const OK = LOAD_COUNTERS.indexOf('ok');
const RECEIVED = LOAD_COUNTERS.indexOf('received');
const LOST = LOAD_COUNTERS.indexOf('lost');
const WARM_UP = PHASES.indexOf('warm-up');

/** The trouble of one load, and when no further operation of it was due, monotonic. */
export interface LoadTroubles {
  readonly load: string;
  readonly endNs: number;
  /** Ascending; stretches are at least ten seconds apart. */
  readonly troubles: readonly Trouble[];
}

interface PhaseSums {
  readonly counters: Float64Array;
  readonly histograms: Map<LoadMeasure, LatencyHistogram>;
}

interface LoadSums {
  readonly plan: LoadPlan;
  /** After the start of the run's load, as planned: no operation of this one is due any more. */
  readonly plannedEndNs: number;
  /** The monitor says what was received of it; else it counts that, and what was lost, itself. */
  readonly isMonitored: boolean;
  /** By index into PHASES. */
  readonly phases: readonly PhaseSums[];
  /** By worker, as they last reported it. */
  readonly troubles: Map<number, Trouble[]>;
  /** When its workers reported last, monotonic. */
  lastReportNs: number | undefined;
}

/** The reports of all workers and of the monitor, put together. Memory does not grow with the length of the run. */
export class LoadTotals {
  readonly #loads: ReadonlyMap<string, LoadSums>;
  readonly #phaseClock: PhaseClock;
  readonly #rows: TimelineRows;
  #startNs: number | undefined;

  /** @param isMonitored whether the monitor counts what arrives of loads of this kind; of all unless told */
  constructor(
    plans: readonly LoadPlan[],
    phaseClock: PhaseClock,
    isMonitored: (kind: string) => boolean = () => true,
  ) {
    // One that only makes something ready has nothing to be measured.
    const measured = plans.filter(({ workers }) => workers > 0);
    this.#loads = new Map(
      measured.map((plan) => [plan.name, emptySums(plan, endAmong(plan, plans), isMonitored(plan.kind))]),
    );
    this.#phaseClock = phaseClock;
    this.#rows = new TimelineRows(measured.map(({ name }) => name));
  }

  /** The monotonic time at which every schedule starts. */
  start(startNs: number): void {
    this.#startNs = startNs;
    this.#rows.start(startNs);
  }

  /** Adds one report. Throws a RangeError for a load that is not in the plan. */
  add(report: IntervalReport): void {
    const sums = this.#loads.get(report.load);
    if (!sums) throw new RangeError(`a report of a load that is not in the plan: ${report.load}`);
    for (const { phase, counters, histograms } of report.phases) {
      const into = sums.phases[PHASES.indexOf(phase)]!;
      LOAD_COUNTERS.forEach((name, i) => {
        into.counters[i]! += counters[name] ?? 0;
      });
      for (const measure of LOAD_MEASURES) {
        const snapshot = histograms[measure];
        if (!snapshot || snapshot.total === 0) continue;
        const histogram = into.histograms.get(measure) ?? new LatencyHistogram();
        into.histograms.set(measure, histogram);
        histogram.add(snapshot);
      }
    }
    const ofWorker = sums.troubles.get(report.worker) ?? [];
    sums.troubles.set(report.worker, report.troubles.reduce(replaceCovered, ofWorker));
    if (report.worker >= 0) sums.lastReportNs = Math.max(sums.lastReportNs ?? 0, report.endNs);
    this.#rows.add(report);
  }

  /**
   * To be called once the monitor has seen all that there was to see. A gap in a writer's sequence shows a loss only
   * when a later event arrives, and counts it where that one was due; from here on `lost` is what went out and was not
   * received, phase by phase, a lost end included, and each loss is in `lag` as one that never came. A load that the
   * monitor does not see has counted its losses itself. Returns what that adds, as reports of the monitor, for those who
   * keep books of their own.
   */
  settleLosses(atNs: number): IntervalReport[] {
    return [...this.#loads.values()].flatMap(({ plan, phases, isMonitored }): IntervalReport[] => {
      // What is no event, the monitor is not meant to see.
      if (plan.domains.length === 0) return [];
      const added = phases.flatMap((sums, i): PhaseReport[] => {
        const { counters, histograms } = sums;
        const lost = Math.max(0, isMonitored ? counters[OK]! - counters[RECEIVED]! : counters[LOST]!);
        const fresh = lost - counters[LOST]!;
        if (fresh === 0 && (histograms.get('lag')?.censoredTotal ?? 0) >= lost) return [];
        counters[LOST] = lost;
        const lag = neverCame(lost);
        const histogram = histograms.get('lag') ?? new LatencyHistogram();
        histograms.set('lag', histogram);
        histogram.add(lag);
        return [{ phase: PHASES[i]!, counters: { lost: fresh }, histograms: { lag } }];
      });
      if (added.length === 0) return [];
      return [
        { load: plan.name, worker: -1, startNs: atNs, endNs: atNs, phases: added, troubles: [], pending: 0 },
      ];
    });
  }

  /** Stretches of trouble, load by load: what recovery is computed from. */
  get troubles(): LoadTroubles[] {
    return [...this.#loads.values()].map((sums) => ({
      load: sums.plan.name,
      endNs: this.#endNs(sums),
      troubles: mergeTroubles([...sums.troubles.values()].flat()),
    }));
  }

  /** Everything that was counted, load by load. `endNs` is when a load that was stopped early was stopped. */
  results(endNs = Number.POSITIVE_INFINITY): LoadResult[] {
    const { rowNs, loads } = this.#rows.timeline(Number.POSITIVE_INFINITY);
    return [...this.#loads.values()].map((sums, i) => {
      const result = this.#result(sums, endNs);
      const { atNs } = sums.plan;
      const stages = stageResults(sums.plan, loads[i]?.rows ?? [], rowNs, atNs + result.durationNs);
      return { ...result, ...(stages.length > 0 && { stages }) };
    });
  }

  #result(sums: LoadSums, stoppedNs: number): LoadResult {
    const { plan, phases } = sums;
    const { name, kind, atNs, warmUpNs } = plan;
    const beginNs = (this.#startNs ?? 0) + atNs;
    const endNs =
      this.#startNs === undefined ? beginNs : Math.max(beginNs, Math.min(this.#endNs(sums), stoppedNs));
    const warmNs = Math.min(endNs, beginNs + warmUpNs);
    const counted = CLOCK_PHASES.map((_, i) => phases[i]!);
    const durations = this.#phaseClock.durationsBetween(warmNs, endNs);
    const results = CLOCK_PHASES.map((phase, i) => phaseResult(phase, durations[i]!, [phases[i]!]));
    if (warmUpNs > 0) results.push(phaseResult('warm-up', warmNs - beginNs, [phases[WARM_UP]!]));
    return {
      name,
      kind,
      durationNs: endNs - beginNs,
      phases: results,
      total: phaseResult('total', endNs - warmNs, counted),
    };
  }

  /** When no further operation was due, monotonic: as planned, or when a load that ends by itself had ended. */
  #endNs({ plan, plannedEndNs, lastReportNs }: LoadSums): number {
    const plannedNs = (this.#startNs ?? 0) + plannedEndNs;
    return mayEndEarly(plan) && lastReportNs !== undefined ? Math.min(plannedNs, lastReportNs) : plannedNs;
  }

  /** The run second by second, or by longer rows when there would be more than `maxRows`. */
  timeline(maxRows: number): Timeline {
    return this.#rows.timeline(maxRows);
  }
}

/** So many operations of which is only known that they took longer than nothing. */
function neverCame(count: number): HistogramSnapshot {
  const counts = Float64Array.of(count);
  return {
    lowIndex: 0,
    counts,
    total: count,
    min: 0,
    max: 0,
    sum: 0,
    censored: { lowIndex: 0, counts, total: count },
  };
}

const emptySums = (plan: LoadPlan, plannedEndNs: number, isMonitored: boolean): LoadSums => ({
  plan,
  plannedEndNs,
  isMonitored,
  phases: PHASES.map(() => ({ counters: new Float64Array(LOAD_COUNTERS.length), histograms: new Map() })),
  troubles: new Map(),
  lastReportNs: undefined,
});

/** A worker reports a stretch again when it has grown, or has become one with its neighbour. */
function replaceCovered(known: Trouble[], grown: Trouble): Trouble[] {
  const others = known.filter(
    ({ firstDueNs, lastDueNs }) => firstDueNs < grown.firstDueNs || lastDueNs > grown.lastDueNs,
  );
  return [...others, grown];
}

function phaseResult(
  phase: LoadPhaseResult['phase'],
  durationNs: number,
  sums: readonly PhaseSums[],
): LoadPhaseResult {
  const counters = Object.fromEntries(
    LOAD_COUNTERS.map((name, i) => [name, sums.reduce((total, { counters }) => total + counters[i]!, 0)]),
  ) as Record<LoadCounter, number>;
  const histograms = Object.fromEntries(
    LOAD_MEASURES.flatMap((measure) => {
      const parts = sums.flatMap(({ histograms }) => histograms.get(measure) ?? []);
      if (parts.length === 0) return [];
      const merged = new LatencyHistogram();
      for (const part of parts) merged.add(part.snapshot());
      return [[measure, merged.snapshot()]];
    }),
  );
  return { phase, durationNs, counters, histograms };
}
