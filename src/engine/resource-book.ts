import { NS } from '../base/clock.js';
import type { IntervalReport } from '../contracts/load.js';
import type { ResourceRows, ResourceSample, ResourceUse, ResourceUser } from '../contracts/resources.js';
import { type Figures, figuresOf, isTelling, userOf } from '../metrics/resource-figures.js';
import { ArrivalLedger } from './arrival-ledger.js';
import { halved, ResourceTrack, resourceRow, rowAt } from './resource-track.js';
import { added, type LedgerRow, NOTHING, ownFault, WorkerLedger } from './worker-ledger.js';

/** Rows kept while the run goes on; beyond, they are merged two by two. */
const MOST_ROWS = 1200;

/** A load that fell behind, by its workers, with what everybody used just then. */
export interface FellBehind {
  readonly total: LedgerRow;
  /** The worker that fell behind furthest; undefined when none did. */
  readonly worst: number | undefined;
  /** By each user: the means, or extremes, over the time in which that worker was behind. */
  readonly meanwhile: readonly (ResourceUser & { readonly figures: Figures })[];
}

/** All samples of a run put together, and held against the loads. Memory does not grow with the length of the run. */
export class ResourceBook {
  readonly #tracks = new Map<string, ResourceTrack>();
  /** By load, then by worker. */
  readonly #ledgers = new Map<string, Map<number, WorkerLedger>>();
  /** What was received of a load, or by it; and the answers to its operations. */
  readonly #received = new ArrivalLedger();
  readonly #answered = new ArrivalLedger();
  readonly #lateNs: (load: string) => number;
  #startNs: number | undefined;
  #rowSeconds = 1;
  #cores = 0;

  /** @param lateNs by load: the schedule delay from which on an operation counts as late */
  constructor(lateNs: (load: string) => number) {
    this.#lateNs = lateNs;
  }

  /** The monotonic time at which the load starts: what was before it is not counted. */
  start(startNs: number): void {
    this.#startNs = startNs;
  }

  /** Cores of the machine; 0 until it was looked at. */
  get cores(): number {
    return this.#cores;
  }

  addReport(report: IntervalReport): void {
    if (report.worker >= 0) this.#ledgerOf(report.load, report.worker).addReport(report);
    for (const { phase, counters, histograms } of report.phases) {
      if (phase === 'warm-up') continue;
      const { total = 0, censored } = histograms.ack_latency ?? {};
      this.#received.add(report.load, report.worker, counters.received ?? 0);
      this.#answered.add(report.load, report.worker, total - (censored?.total ?? 0));
    }
  }

  /** Adds a sample; that of a worker, or of the monitor, after the reports of the same stretch of time. */
  add(sample: ResourceSample): void {
    if (this.#startNs === undefined || sample.endNs <= this.#startNs) return;
    const middleNs = (Math.max(sample.startNs, this.#startNs) + sample.endNs) / 2;
    while (rowAt(middleNs, this.#startNs, this.#rowSeconds) >= MOST_ROWS) this.#halve();
    const row = rowAt(middleNs, this.#startNs, this.#rowSeconds);
    if (isTelling(sample))
      this.#trackOf(userOf(sample)).add(figuresOf(sample), row, sample.endNs - sample.startNs);
    if (sample.of === 'machine') this.#cores = sample.cores;
    if (sample.of !== 'worker') return;
    if (sample.role === 'conductor') return;
    if (sample.role === 'generator') this.#ledgerOf(sample.load, sample.worker).addSample(sample, row);
    this.#received.settle(sample);
    this.#answered.settle(sample);
  }

  get uses(): ResourceUse[] {
    return this.#sorted().map(({ use }) => use);
  }

  /** Who used what over time, in `maxRows` rows at most. */
  timeline(maxRows: number): { rowNs: number; timeline: ResourceRows[] } {
    let rowSeconds = this.#rowSeconds;
    let tracks = this.#sorted().map(({ user, rows }) => ({ user, rows: [...rows] }));
    while (tracks.some(({ rows }) => rows.length > Math.max(1, maxRows))) {
      rowSeconds *= 2;
      tracks = tracks.map(({ user, rows }) => ({ user, rows: halved(rows) }));
    }
    const timeline = tracks.map(({ user, rows }) => ({
      ...user,
      rows: rows.flatMap((row, i) => (row ? [resourceRow(row, i * rowSeconds)] : [])),
    }));
    return { rowNs: rowSeconds * NS.s, timeline };
  }

  /** How a load kept its schedule, and what everybody did while it did not. */
  fellBehind(load: string): FellBehind {
    const ledgers = [...(this.#ledgers.get(load) ?? [])];
    const totals = ledgers.map(([worker, ledger]) => ({ worker, ...ledger.total }));
    const total = totals.reduce<LedgerRow>(added, NOTHING);
    const worst = totals.toSorted((a, b) => ownFault(b) - ownFault(a))[0];
    if (!worst || ownFault(worst) === 0) return { total, worst: undefined, meanwhile: [] };
    const rows = this.#ledgerOf(load, worst.worker).rows.flatMap((row, i) =>
      row && ownFault(row) > 0 ? [i] : [],
    );
    return { total, worst: worst.worker, meanwhile: this.#meanwhile(rows) };
  }

  /** Whether a load counts what it receives itself; of others, the monitor does. */
  receivesItself(load: string): boolean {
    return this.#received.isOwn(load);
  }

  /** Of the events that were received, the share that came while the thread that received them was saturated. */
  receivedWhileSaturated(load: string): number {
    return this.#received.share(load);
  }

  /** Of the operations of a load that were answered, the share whose answers came while its thread was saturated. */
  answeredWhileSaturated(load: string): number {
    return this.#answered.share(load);
  }

  #meanwhile(rows: readonly number[]): FellBehind['meanwhile'] {
    return this.#sorted().flatMap((track) => {
      const during = track.during(rows);
      return during ? [{ ...track.user, figures: during }] : [];
    });
  }

  #trackOf(user: ResourceUser): ResourceTrack {
    const key = `${user.kind} ${user.name}`;
    const track = this.#tracks.get(key) ?? new ResourceTrack(user);
    this.#tracks.set(key, track);
    return track;
  }

  #ledgerOf(load: string, worker: number): WorkerLedger {
    const ofLoad = this.#ledgers.get(load) ?? new Map<number, WorkerLedger>();
    this.#ledgers.set(load, ofLoad);
    const ledger = ofLoad.get(worker) ?? new WorkerLedger(this.#lateNs(load));
    ofLoad.set(worker, ledger);
    return ledger;
  }

  #halve(): void {
    this.#rowSeconds *= 2;
    for (const track of this.#tracks.values()) track.halve();
    for (const ofLoad of this.#ledgers.values()) for (const ledger of ofLoad.values()) ledger.halve();
  }

  /** Servers first, then what drives them, then what is around. */
  #sorted(): ResourceTrack[] {
    const order = ['server', 'generator', 'monitor', 'conductor', 'process', 'machine'];
    return [...this.#tracks.values()].sort(
      (a, b) =>
        order.indexOf(a.user.kind) - order.indexOf(b.user.kind) ||
        a.user.name.localeCompare(b.user.name, 'en', { numeric: true }),
    );
  }
}
