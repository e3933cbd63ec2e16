import { nowNs } from '../base/clock.js';
import type { Crowd, IntervalReport, LoadFleetListener, LoadNotice } from '../contracts/load.js';
import type { MonitorListener } from '../contracts/monitor.js';
import type { Plan } from '../contracts/plan.js';
import type { Reporter } from '../contracts/reporter.js';
import type { ResourceSample } from '../contracts/resources.js';
import type { RunTraces, SpanReport } from '../contracts/trace.js';
import { LoadTotals } from '../metrics/load-totals.js';
import type { PhaseClock } from '../metrics/phase-clock.js';
import { CrowdBook } from './crowd-book.js';
import { isMonitored } from './generator-tasks.js';
import type { Journal } from './journal.js';
import { lateBoundNs } from './load-limits.js';
import { MonitorSight } from './monitor-sight.js';
import { NoticeBook } from './notice-book.js';
import { ResourceBook } from './resource-book.js';
import type { RunningConditions } from './running-conditions.js';
import type { RunServices } from './services.js';

export interface LoadBooksOptions {
  readonly plan: Plan;
  readonly services: Pick<RunServices, 'loadFacts'>;
  readonly journal: Journal;
  readonly reporters: readonly Reporter[];
  readonly traces?: RunTraces | undefined;
  /** What is looked at while the load runs. */
  readonly conditions: Pick<RunningConditions, 'addReport'>;
}

/** What generators, monitor and sampler say while the load runs, each in the book that it belongs to, and told on. */
export class LoadBooks implements LoadFleetListener, MonitorListener {
  readonly totals: LoadTotals;
  readonly notices = new NoticeBook();
  readonly sight = new MonitorSight();
  readonly crowds = new CrowdBook();
  readonly resources: ResourceBook;
  readonly #options: LoadBooksOptions;

  constructor(options: LoadBooksOptions, clock: PhaseClock) {
    this.#options = options;
    const { plan, services } = options;
    this.totals = new LoadTotals(plan.loads, clock, (kind) => isMonitored(services.loadFacts(kind)));
    const bounds = new Map(plan.loads.map((load) => [load.name, lateBoundNs(load)]));
    this.resources = new ResourceBook((load) => bounds.get(load) ?? Number.POSITIVE_INFINITY);
  }

  /** The load starts at this monotonic time. */
  start(startNs: number): void {
    this.totals.start(startNs);
    this.resources.start(startNs);
    this.#options.journal.startLoad(startNs);
    for (const reporter of this.#options.reporters) reporter.onLoadStart?.(startNs);
  }

  readonly onReport = (report: IntervalReport): void => {
    this.totals.add(report);
    this.resources.addReport(report);
    this.#options.conditions.addReport(report);
    this.#tellReporters(report);
  };

  readonly onNotice = (notice: LoadNotice): void => {
    this.sight.add(notice);
    if (this.notices.add(notice)) this.#options.journal.write('load-notice', { ...notice });
  };

  readonly onSample = (sample: ResourceSample): void => {
    this.resources.add(sample);
    for (const reporter of this.#options.reporters) reporter.onSample?.(sample);
  };

  readonly onSpans = (report: SpanReport): void => {
    this.#options.traces?.add(report);
  };

  readonly onCrowd = (load: string, crowd: Crowd, apart: boolean): void => {
    this.crowds.add(load, crowd, apart);
  };

  /** Nothing more comes: what of it is a loss is known now. */
  settleLosses(): void {
    for (const report of this.totals.settleLosses(nowNs())) this.#tellReporters(report);
  }

  #tellReporters(report: IntervalReport): void {
    for (const reporter of this.#options.reporters) reporter.onReport?.(report);
  }
}
