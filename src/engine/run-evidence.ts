import type { CheckResult } from '../contracts/checker.js';
import type { NodeEvent } from '../contracts/cluster.js';
import type { History, ReadBack, WriterHistory } from '../contracts/history.js';
import type { Plan } from '../contracts/plan.js';
import type { ReadSummary } from '../contracts/safety.js';
import { buildHistory } from './build-history.js';
import { runChecks } from './checks.js';
import { coreDeliveries } from './core-deliveries.js';
import type { Journal } from './journal.js';
import type { LoadStage } from './load-stage.js';
import { readSummaries } from './read-summaries.js';
import type { RunServices } from './services.js';
import type { SystemUnderTest } from './system-under-test.js';

/** What a run is held against its checks by: what its workers wrote down, what was read back, what its nodes did. */
export class RunEvidence {
  readonly nodeEvents: NodeEvent[] = [];
  readonly #plan: Plan;
  readonly #services: RunServices;
  #writers: readonly WriterHistory[] = [];
  #readBack: ReadBack = { reads: [], replicas: [] };

  constructor(plan: Plan, services: RunServices) {
    this.#plan = plan;
    this.#services = services;
  }

  /** Opens what the workers have written down; once is enough. */
  openHistory({ historyFiles }: LoadStage): void {
    if (this.#writers.length === 0) this.#writers = this.#services.openHistory(historyFiles);
  }

  /** Reads the system's streams, as far as the checks need them. */
  async readBack(load: LoadStage, system: SystemUnderTest, hurry: AbortSignal): Promise<void> {
    this.openHistory(load);
    this.#readBack = await system.readBack(this.#writers, hurry);
  }

  get reads(): readonly ReadSummary[] {
    return readSummaries(this.#readBack.reads, this.#readBack.replicas);
  }

  check(load: LoadStage, system: SystemUnderTest, journal: Journal): CheckResult[] {
    return runChecks({
      plan: this.#plan,
      history: this.#historyOf(load, system),
      checker: (name) => this.#services.checker(name),
      onResult: (result) => journal.write('check', { ...result }),
    });
  }

  #historyOf(load: LoadStage, system: SystemUnderTest): History {
    return buildHistory({
      plan: this.#plan,
      writers: this.#writers,
      ...this.#readBack,
      streams: system.streams,
      consumers: system.consumers,
      deliveries: coreDeliveries({
        plans: this.#plan.loads,
        results: load.books.totals.results(load.endNs),
        notices: load.books.notices.all,
        sight: load.books.sight,
        servers: load.servers.counters,
        nodeEvents: this.nodeEvents,
        faults: load.faults,
        loadFacts: (kind) => this.#services.loadFacts(kind),
      }),
      results: load.faults,
      startNs: load.startNs,
    });
  }
}
