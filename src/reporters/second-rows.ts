import { NS } from '../base/clock.js';
import type { HistogramSnapshot } from '../contracts/histogram.js';
import {
  type IntervalReport,
  LOAD_COUNTERS,
  LOAD_MEASURES,
  type LoadCounter,
  type LoadMeasure,
} from '../contracts/load.js';
import type { PhaseName } from '../contracts/plan/phase.js';

/** What all workers and the monitor saw of one load in one second. */
export interface SecondRow {
  /** Whole seconds since the start of the load. */
  readonly second: number;
  readonly load: string;
  /** `faults` when any operation of the second was due while a fault held, `warm-up` when any was due in that. */
  readonly phase: PhaseName;
  readonly counters: Readonly<Record<LoadCounter, number>>;
  readonly pending: number;
  /** Not merged yet; a measure that recorded nothing is absent. */
  readonly histograms: ReadonlyMap<LoadMeasure, readonly HistogramSnapshot[]>;
  /** The same, of what was due in the load's warm-up: it is in no total. */
  readonly warmUp: ReadonlyMap<LoadMeasure, readonly HistogramSnapshot[]>;
}

interface OpenRow {
  readonly second: number;
  readonly load: string;
  phase: PhaseName;
  readonly counters: Record<LoadCounter, number>;
  readonly pendingByWorker: Map<number, number>;
  readonly histograms: Map<LoadMeasure, HistogramSnapshot[]>;
  readonly warmUp: Map<LoadMeasure, HistogramSnapshot[]>;
}

/**
 * Turns the reports of many workers into one row a second and load, in order of time. A row is handed on once reports
 * reach `marginSec` beyond its end, so that memory stays bounded; what comes later still is added to the oldest row
 * that is open, so that nothing is lost from the sums.
 */
export class SecondRows {
  readonly #onRow: (row: SecondRow) => void;
  readonly #marginSec: number;
  readonly #open = new Map<number, Map<string, OpenRow>>();
  #startNs: number | undefined;
  /** Seconds before this one were handed on. */
  #firstOpen = 0;

  constructor(onRow: (row: SecondRow) => void, marginSec: number) {
    this.#onRow = onRow;
    this.#marginSec = marginSec;
  }

  /** Monotonic start of the load; without it, the start of the first report counts. */
  start(startNs: number): void {
    this.#startNs ??= startNs;
  }

  add(report: IntervalReport): void {
    this.#startNs ??= report.startNs;
    const startNs = this.#startNs;
    const middle = Math.floor(((report.startNs + report.endNs) / 2 - startNs) / NS.s);
    this.#enter(report, Math.max(middle, this.#firstOpen));
    this.#closeBefore(Math.floor((report.endNs - startNs) / NS.s - this.#marginSec));
  }

  /** Hands on what is still open: the load is over. */
  flush(): void {
    this.#closeBefore(Number.POSITIVE_INFINITY);
  }

  #enter(report: IntervalReport, second: number): void {
    const row = this.#row(second, report.load);
    for (const { phase, counters, histograms } of report.phases) {
      // What the monitor receives may be late; what a load that only listens receives is all that it has.
      const isOfThisSecond = (counters.due ?? 0) > 0 || (report.worker >= 0 && (counters.received ?? 0) > 0);
      if (phase !== 'steady' && isOfThisSecond) row.phase = phase;
      const into = phase === 'warm-up' ? row.warmUp : row.histograms;
      for (const name of LOAD_COUNTERS) row.counters[name] += counters[name] ?? 0;
      for (const measure of LOAD_MEASURES) {
        const histogram = histograms[measure];
        if (!histogram || histogram.total === 0) continue;
        const others = into.get(measure);
        if (others) others.push(histogram);
        else into.set(measure, [histogram]);
      }
    }
    row.pendingByWorker.set(report.worker, report.pending);
  }

  #row(second: number, load: string): OpenRow {
    const rows = this.#open.get(second) ?? new Map<string, OpenRow>();
    this.#open.set(second, rows);
    let row = rows.get(load);
    if (!row) {
      const counters = Object.fromEntries(LOAD_COUNTERS.map((name) => [name, 0])) as Record<
        LoadCounter,
        number
      >;
      row = {
        second,
        load,
        phase: 'steady',
        counters,
        pendingByWorker: new Map(),
        histograms: new Map(),
        warmUp: new Map(),
      };
      rows.set(load, row);
    }
    return row;
  }

  #closeBefore(second: number): void {
    if (second <= this.#firstOpen) return;
    this.#firstOpen = second;
    const past = [...this.#open.keys()].filter((open) => open < second).sort((a, b) => a - b);
    for (const open of past) {
      for (const row of this.#open.get(open)?.values() ?? []) {
        let pending = 0;
        for (const ofWorker of row.pendingByWorker.values()) pending += ofWorker;
        this.#onRow({ ...row, pending });
      }
      this.#open.delete(open);
    }
  }
}
