import type { LoadCounter, LoadMeasure } from './load.js';
import type { PhaseName } from './plan/phase.js';
import type { ResourceFigure, ResourceUserKind } from './resources.js';
import type { Summary } from './summary.js';

/** Everything that report.html shows: plain data, injected into the page as JSON. */
export interface ReportPage {
  readonly summary: Summary;
  readonly curves: readonly PercentileCurve[];
  readonly timeline: PageTimeline;
  readonly resources: PageResources;
  /** The command that runs it again. */
  readonly rerun: string;
}

/** Latency by percentile of one load, measure and phase. Parallel columns, by growing percentile. */
export interface PercentileCurve {
  readonly load: string;
  readonly measure: LoadMeasure;
  readonly phase: PhaseName | 'total';
  /** 1 / (1 − percentile / 100): 1 is the minimum, 2 the median, 100 the 99th percentile. */
  readonly odds: readonly number[];
  readonly ns: readonly number[];
  /** From this index on the values are lower bounds (operations without an answer); absent when none are. */
  readonly atLeastFrom?: number;
  /** From this index on fewer than ten operations lie beyond; absent when it is so nowhere. */
  readonly sparseFrom?: number;
}

/** The run over time, by columns. Every column of a load is as long as its `t`. */
export interface PageTimeline {
  /** Length of a row in seconds. */
  readonly rowSec: number;
  readonly loads: readonly {
    readonly name: string;
    /** Seconds since the start of the load, at the start of the row. */
    readonly t: readonly number[];
    readonly counters: Readonly<Partial<Record<LoadCounter, readonly number[]>>>;
    readonly pending: readonly number[];
    readonly latency: Readonly<Partial<Record<LoadMeasure, LatencyColumns>>>;
  }[];
}

/** Nanoseconds; `null` where nothing was recorded. */
export interface LatencyColumns {
  readonly p50: readonly (number | null)[];
  readonly p99: readonly (number | null)[];
  readonly max: readonly (number | null)[];
}

/** Who used what over time. Every column is as long as `t`; the threads of a load are one user. */
export interface PageResources {
  readonly rowSec: number;
  /** Seconds since the start of the load, at the start of the row. */
  readonly t: readonly number[];
  readonly users: readonly {
    readonly kind: ResourceUserKind;
    readonly name: string;
    readonly figures: Readonly<Partial<Record<ResourceFigure, readonly (number | null)[]>>>;
  }[];
}
