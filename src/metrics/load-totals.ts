import {
  type IntervalReport,
  LOAD_COUNTERS,
  LOAD_MEASURES,
  type LoadCounter,
  type LoadMeasure,
  type Trouble,
} from '../contracts/load.js';
import type { LoadPlan } from '../contracts/plan.js';
import type { LoadPhaseResult, LoadResult, Timeline } from '../contracts/run-result.js';
import { LatencyHistogram } from './latency-histogram.js';
import { PHASES, type PhaseClock } from './phase-clock.js';
import { scheduleDurationNs } from './schedule-duration.js';
import { TimelineRows } from './timeline-rows.js';
import { mergeTroubles } from './trouble-stretches.js';

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
  /** By index into PHASES. */
  readonly phases: readonly PhaseSums[];
  /** By worker, as they last reported it. */
  readonly troubles: Map<number, Trouble[]>;
}

/** The reports of all workers and of the monitor, put together. Memory does not grow with the length of the run. */
export class LoadTotals {
  readonly #loads: ReadonlyMap<string, LoadSums>;
  readonly #phaseClock: PhaseClock;
  readonly #rows: TimelineRows;
  #startNs: number | undefined;

  constructor(plans: readonly LoadPlan[], phaseClock: PhaseClock) {
    this.#loads = new Map(plans.map((plan) => [plan.name, emptySums(plan)]));
    this.#phaseClock = phaseClock;
    this.#rows = new TimelineRows(plans.map(({ name }) => name));
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
    this.#rows.add(report);
  }

  /** Stretches of trouble, load by load: what recovery is computed from. */
  get troubles(): LoadTroubles[] {
    return [...this.#loads.values()].map(({ plan, troubles }) => ({
      load: plan.name,
      endNs: (this.#startNs ?? 0) + scheduleDurationNs(plan.schedule),
      troubles: mergeTroubles([...troubles.values()].flat()),
    }));
  }

  /** Everything that was counted, load by load. `endNs` is when a load that was stopped early was stopped. */
  results(endNs = Number.POSITIVE_INFINITY): LoadResult[] {
    return [...this.#loads.values()].map((sums) => this.#result(sums, endNs));
  }

  #result({ plan, phases }: LoadSums, endNs: number): LoadResult {
    const startNs = this.#startNs;
    const durationNs =
      startNs === undefined ? 0 : Math.max(0, Math.min(scheduleDurationNs(plan.schedule), endNs - startNs));
    const durations =
      startNs === undefined
        ? PHASES.map(() => 0)
        : this.#phaseClock.durationsBetween(startNs, startNs + durationNs);
    return {
      name: plan.name,
      kind: plan.kind,
      durationNs,
      phases: PHASES.map((phase, i) => phaseResult(phase, durations[i]!, [phases[i]!])),
      total: phaseResult('total', durationNs, phases),
    };
  }

  /** The run second by second, or by longer rows when there would be more than `maxRows`. */
  timeline(maxRows: number): Timeline {
    return this.#rows.timeline(maxRows);
  }
}

const emptySums = (plan: LoadPlan): LoadSums => ({
  plan,
  phases: PHASES.map(() => ({ counters: new Float64Array(LOAD_COUNTERS.length), histograms: new Map() })),
  troubles: new Map(),
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
