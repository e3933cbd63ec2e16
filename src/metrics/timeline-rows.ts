import { NS } from '../base/clock.js';
import type { HistogramSnapshot } from '../contracts/histogram.js';
import {
  type IntervalReport,
  LOAD_COUNTERS,
  LOAD_MEASURES,
  type LoadCounter,
  type LoadMeasure,
} from '../contracts/load.js';
import type { Timeline, TimelineRow } from '../contracts/run-result.js';
import { LatencyHistogram } from './latency-histogram.js';

/** Rows kept while the run goes on; beyond, they are merged two by two. */
const MOST_ROWS = 4096;
/** A second stays open this long for the workers that report late. */
const OPEN_SECONDS = 3;

type Quantiles = { p50: number; p99: number; max: number };

interface Row {
  readonly counters: Float64Array;
  pending: number;
  readonly latency: Map<LoadMeasure, Quantiles>;
}

interface OpenSecond {
  readonly row: Row;
  readonly pendingByWorker: Map<number, number>;
  readonly snapshots: Map<LoadMeasure, HistogramSnapshot[]>;
}

/** A load's rows: those that are finished, and the seconds that still wait for reports. */
interface LoadRows {
  readonly rows: (Row | undefined)[];
  readonly open: Map<number, OpenSecond>;
}

/**
 * Reports of intervals of about a second, from many workers, as rows of time. A report counts in the second that the
 * middle of its interval falls into. Rows of all loads have the same length, a power of two of seconds.
 */
export class TimelineRows {
  readonly #loads: ReadonlyMap<string, LoadRows>;
  /** Puts the reports of a second together, and is empty in between. */
  readonly #second = new LatencyHistogram();
  #startNs: number | undefined;
  #rowSeconds = 1;

  constructor(loads: readonly string[]) {
    this.#loads = new Map(loads.map((load) => [load, { rows: [], open: new Map() }]));
  }

  start(startNs: number): void {
    this.#startNs = startNs;
  }

  add(report: IntervalReport): void {
    const load = this.#loads.get(report.load);
    if (!load) return;
    this.#startNs ??= report.startNs;
    const startNs = this.#startNs;
    const middle = Math.floor(((report.startNs + report.endNs) / 2 - startNs) / NS.s);
    const second = Math.max(0, middle);
    const open = load.open.get(second) ?? emptySecond();
    load.open.set(second, open);
    for (const { counters, histograms } of report.phases) {
      LOAD_COUNTERS.forEach((name, i) => {
        open.row.counters[i]! += counters[name] ?? 0;
      });
      for (const measure of LOAD_MEASURES) {
        const snapshot = histograms[measure];
        if (!snapshot) continue;
        const others = open.snapshots.get(measure);
        if (others) others.push(snapshot);
        else open.snapshots.set(measure, [snapshot]);
      }
    }
    open.pendingByWorker.set(report.worker, report.pending);
    for (const past of load.open.keys()) if (past < second - OPEN_SECONDS) this.#close(load, past);
  }

  #close(load: LoadRows, second: number): void {
    const open = load.open.get(second) as OpenSecond;
    load.open.delete(second);
    while (Math.floor(second / this.#rowSeconds) >= MOST_ROWS) this.#doubleRows();
    const at = Math.floor(second / this.#rowSeconds);
    load.rows[at] = join(load.rows[at], this.#finished(open));
  }

  #finished({ row, pendingByWorker, snapshots }: OpenSecond): Row {
    const histogram = this.#second;
    let pending = 0;
    for (const ofWorker of pendingByWorker.values()) pending += ofWorker;
    const latency = new Map<LoadMeasure, Quantiles>();
    for (const [measure, parts] of snapshots) {
      for (const part of parts) histogram.add(part);
      latency.set(measure, {
        p50: histogram.percentile(50).lower,
        p99: histogram.percentile(99).lower,
        max: histogram.max,
      });
      histogram.takeSnapshot();
    }
    return { counters: row.counters, pending, latency };
  }

  #doubleRows(): void {
    this.#rowSeconds *= 2;
    for (const { rows } of this.#loads.values()) rows.splice(0, rows.length, ...merged(rows));
  }

  /** Rows from the start of the load to its last report; those in which nothing was reported are zero. */
  timeline(maxRows: number): Timeline {
    let rowSeconds = this.#rowSeconds;
    let loads = [...this.#loads].map(([name, { rows, open }]) => {
      const all = [...rows];
      for (const [second, still] of open) {
        const at = Math.floor(second / rowSeconds);
        all[at] = join(all[at], this.#finished(still));
      }
      return { name, rows: all };
    });
    while (loads.some(({ rows }) => rows.length > Math.max(1, maxRows))) {
      rowSeconds *= 2;
      loads = loads.map(({ name, rows }) => ({ name, rows: merged(rows) }));
    }
    return {
      rowNs: rowSeconds * NS.s,
      loads: loads.map(({ name, rows }) => ({
        name,
        rows: Array.from(rows, (row, i) => timelineRow(row ?? emptySecond().row, i * rowSeconds)),
      })),
    };
  }
}

const emptySecond = (): OpenSecond => ({
  row: { counters: new Float64Array(LOAD_COUNTERS.length), pending: 0, latency: new Map() },
  pendingByWorker: new Map(),
  snapshots: new Map(),
});

/** Two rows as one: counts add up, of the rest the larger stays. */
function join(a: Row | undefined, b: Row | undefined): Row | undefined {
  if (!a || !b) return a ?? b;
  const latency = new Map(a.latency);
  for (const [measure, theirs] of b.latency) {
    const ours = latency.get(measure) ?? theirs;
    latency.set(measure, {
      p50: Math.max(ours.p50, theirs.p50),
      p99: Math.max(ours.p99, theirs.p99),
      max: Math.max(ours.max, theirs.max),
    });
  }
  return {
    counters: a.counters.map((count, i) => count + b.counters[i]!),
    pending: Math.max(a.pending, b.pending),
    latency,
  };
}

function merged(rows: readonly (Row | undefined)[]): (Row | undefined)[] {
  return Array.from({ length: Math.ceil(rows.length / 2) }, (_, i) => join(rows[2 * i], rows[2 * i + 1]));
}

function timelineRow({ counters, pending, latency }: Row, t: number): TimelineRow {
  const counted = LOAD_COUNTERS.flatMap((name, i) => (counters[i] === 0 ? [] : [[name, counters[i]]]));
  return {
    t,
    counters: Object.fromEntries(counted) as Partial<Record<LoadCounter, number>>,
    pending,
    latency: Object.fromEntries(latency) as TimelineRow['latency'],
  };
}
