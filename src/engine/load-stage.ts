import { join } from 'node:path';
import { NS, nowNs, sleep } from '../base/clock.js';
import { messageOf } from '../base/errors.js';
import { waitFor, withDeadline } from '../base/wait.js';
import type { Cluster, ClusterNode } from '../contracts/cluster.js';
import type { NodeCounters, SystemControl } from '../contracts/control.js';
import type {
  Crowd,
  GeneratorTask,
  IntervalReport,
  LoadFleet,
  LoadKindFacts,
  LoadNotice,
} from '../contracts/load.js';
import type { MonitorHandle, WriterLabel } from '../contracts/monitor.js';
import type { LoadPlan, Plan } from '../contracts/plan.js';
import type { Reporter } from '../contracts/reporter.js';
import type { ClockFigures, ResourceSample } from '../contracts/resources.js';
import type { CrowdResult } from '../contracts/run-result.js';
import type { UndoRecord } from '../contracts/undo.js';
import { measureClock } from '../metrics/clock-figures.js';
import { LoadTotals } from '../metrics/load-totals.js';
import { PhaseClock } from '../metrics/phase-clock.js';
import { mayEndEarly, scheduleEndNs, warmUpEndNs } from '../metrics/schedule-end.js';
import { conductFaults } from './fault-conductor.js';
import type { FaultSessionResult } from './fault-session.js';
import { messagesInAll } from './findings.js';
import type { Interruption } from './interruption.js';
import type { Journal } from './journal.js';
import { lateBoundNs } from './load-limits.js';
import { NoticeBook } from './notice-book.js';
import { ResourceBook } from './resource-book.js';
import { ResourceSampler } from './resource-sampler.js';
import type { Scope } from './scope.js';
import type { RunServices } from './services.js';
import { settle, unsteadiness } from './steady-state.js';
import type { UndoDesk } from './undo-desk.js';
import type { Finding } from './verdict.js';

/** Between the order to start and the first due operation: every worker has the order by then. */
const START_LEAD_NS = 200 * NS.ms;
/** Between a new phase's announcement and its beginning: no worker has counted beyond it when it learns of it. */
const PHASE_LEAD_MS = 5;
const CONFIRM_WITHIN_MS = 1_000;
/** After the time to drain, what was told to stop has this long to do so: the longest wait for an answer. */
const STOP_WITHIN_MS = 10_000;
/** No event for this long, and the monitor has seen the last. */
const QUIET_MS = 300;

export interface LoadStageOptions {
  readonly plan: Plan;
  readonly runId: string;
  readonly historyDir: string;
  readonly services: RunServices;
  readonly cluster: Cluster;
  readonly control: SystemControl;
  readonly journal: Journal;
  readonly undo: UndoDesk;
  readonly reporters: readonly Reporter[];
  readonly scope: Scope;
  readonly interruption: Interruption;
}

/**
 * The load with everything that runs beside it: generators, monitor, faults, the servers' own counters. What it
 * measures is complete only after `drain`.
 */
export class LoadStage {
  readonly totals: LoadTotals;
  readonly notices = new NoticeBook();
  /** By load: the clients of those that have many. */
  readonly crowds = new Map<string, CrowdResult>();
  readonly resources: ResourceBook;
  /** Known once the load is prepared. */
  clock: ClockFigures | undefined;
  readonly historyFiles: readonly string[];
  faults: readonly FaultSessionResult[] = [];
  countersBefore: ReadonlyMap<string, NodeCounters> = new Map();
  countersAfter: ReadonlyMap<string, NodeCounters> = new Map();
  /** By load: what the servers say they took; known after `drain`. */
  confirmed: Readonly<Record<string, number>> | undefined;
  /** Monotonic; 0 until the load has started, and has ended. */
  startNs = 0;
  endNs = 0;

  readonly #options: LoadStageOptions;
  readonly #phaseClock = PhaseClock.create();
  readonly #tasks: readonly GeneratorTask[];
  #fleet: LoadFleet | undefined;
  #monitor: MonitorHandle | undefined;
  #sampler: ResourceSampler | undefined;

  constructor(options: LoadStageOptions) {
    this.#options = options;
    this.#tasks = generatorTasks(options, this.#phaseClock.buffer);
    this.historyFiles = this.#tasks.flatMap((task) => task.historyFile ?? []);
    this.totals = new LoadTotals(options.plan.loads, this.#phaseClock, (kind) => {
      return isMonitored(options.services.loadFacts(kind));
    });
    const bounds = new Map(options.plan.loads.map((load) => [load.name, lateBoundNs(load)]));
    this.resources = new ResourceBook((load) => bounds.get(load) ?? Number.POSITIVE_INFINITY);
  }

  /** Everything connected and built, nothing sent yet. */
  async prepare(): Promise<void> {
    const { plan, runId, services, cluster, scope, interruption, journal } = this.#options;
    for (const load of plan.loads) await this.#makeReady(load);
    const listener = {
      onReport: (report: IntervalReport) => {
        this.totals.add(report);
        this.resources.addReport(report);
        for (const reporter of this.#options.reporters) reporter.onReport?.(report);
      },
      onNotice: (notice: LoadNotice) => this.#noteNotice(notice),
      onSample: (sample: ResourceSample) => this.#addSample(sample),
      onCrowd: (load: string, crowd: Crowd, apart: boolean) => this.#addCrowd(load, crowd, apart),
    };
    const writers: WriterLabel[] = this.#tasks.flatMap(({ writer, load }) => {
      const warmNs = warmUpEndNs(load);
      return Array.from({ length: services.loadFacts(load.kind).writersOf?.(load) ?? 1 }, (_, i) => ({
        writer: writer + i,
        load: load.name,
        ...(warmNs !== undefined && { warmUpEndNs: warmNs }),
      }));
    });
    this.#monitor = scope.use(
      'the monitor',
      await services.startMonitor(
        {
          plan: plan.monitor,
          host: '127.0.0.1',
          access: cluster.access,
          connectionName: `${connectionPrefix(runId)}monitor`,
          writers,
          phaseClock: this.#phaseClock.buffer,
        },
        listener,
      ),
    );
    journal.write('monitor', { what: 'started', url: this.#monitor.metricsUrl });
    const { metricsUrl } = this.#monitor;
    const tasks = this.#tasks.map((task) => ({ ...task, metricsUrl }));
    this.#fleet = scope.use('the generators', services.startFleet(tasks, listener));
    await orAborted(this.#fleet.ready(), interruption.signal);
    // When everything has been built, so that it sees the clock as the load will.
    this.clock = await measureClock();
  }

  #sampleResources(): void {
    const { cluster, services, scope } = this.#options;
    const sampler = new ResourceSampler(cluster.nodes, services.resources, (sample) =>
      this.#addSample(sample),
    );
    this.#sampler = sampler;
    scope.add('the look at resources', () => sampler.stop());
    sampler.start();
  }

  #addSample(sample: ResourceSample): void {
    this.resources.add(sample);
    for (const reporter of this.#options.reporters) reporter.onSample?.(sample);
  }

  /** What the workers of a load share; what takes it away again is on disk before it is made. */
  async #makeReady(load: LoadPlan): Promise<void> {
    const { plan, runId, services, cluster, scope, interruption, undo } = this.#options;
    const records: UndoRecord[] = [];
    const release = await services.prepareLoad(load, {
      plan,
      runId,
      access: cluster.access,
      nodes: cluster.nodes,
      recordUndo: (record) => {
        undo.recordSurroundings([record]);
        records.push(record);
      },
      signal: interruption.signal,
    });
    scope.add(`what ${load.name} made ready`, async () => {
      await release();
      undo.settle(records.map((record) => ({ record, undone: true, detail: 'removed' })));
    });
  }

  /** Runs the schedules and the faults to their end, or until the run is interrupted. */
  async run(): Promise<void> {
    const { plan, control, interruption, journal, reporters } = this.#options;
    const fleet = this.#fleet as LoadFleet;
    this.countersBefore = await control.counters();
    this.#sampleResources();

    this.startNs = wholeMicroseconds(nowNs() + START_LEAD_NS);
    this.#beginPhase('steady', this.startNs);
    this.totals.start(this.startNs);
    this.resources.start(this.startNs);
    journal.startLoad(this.startNs);
    for (const reporter of reporters) reporter.onLoadStart?.(this.startNs);
    fleet.start(this.startNs);

    // A generator that dies ends the faults too: nothing is broken any longer for a load that is not there.
    const halt = new AbortController();
    // By hand: a signal made by AbortSignal.any can be collected in Node 20 while it is still waited for.
    interruption.signal.addEventListener('abort', () => halt.abort(interruption.signal.reason), {
      once: true,
    });
    if (interruption.signal.aborted) halt.abort(interruption.signal.reason);
    const { signal } = halt;
    const faults = this.#conductFaults(signal);
    const plannedEndNs = this.startNs + Math.max(...plan.loads.map(scheduleEndNs));
    const scheduled = sleep((plannedEndNs - nowNs()) / NS.ms, signal);
    try {
      await Promise.race([
        Promise.all([scheduled, faults]),
        this.#endedEarly(fleet, plannedEndNs),
        fleet.failed(),
      ]);
    } catch (error) {
      // Cut short: what is due and not yet sent stays so. A load that ends by itself still sends it while it drains.
      fleet.stop();
      throw error;
    } finally {
      halt.abort(new Error('the load has ended'));
      this.endNs = nowNs();
      this.faults = await faults;
    }
  }

  /** Resolves when every load has reached its count before its time: a fault that is still to come would hit nobody. */
  async #endedEarly(fleet: LoadFleet, plannedEndNs: number): Promise<void> {
    await fleet.finished();
    const isCounted = this.#options.plan.loads.some(
      (load) => load.schedule.mode !== 'follow' && mayEndEarly(load),
    );
    if (!isCounted || nowNs() >= plannedEndNs) return new Promise(() => {});
  }

  /** Waits for the operations in flight and the monitor's last events; returns what did not come to an end. */
  async drain(): Promise<Finding[]> {
    const { plan, control, interruption } = this.#options;
    const limitMs = plan.limits.drainNs / NS.ms;
    const findings: Finding[] = [];
    const patiently = async (what: string, withinMs: number, work: Promise<void>): Promise<void> => {
      try {
        await orAborted(withDeadline(work, withinMs, what), interruption.hurry);
      } catch (error) {
        if (interruption.hurry.aborted) return;
        findings.push({
          exit: 'inconclusive',
          text: `not everything could be measured: ${messageOf(error)}`,
        });
      }
    };
    const fleet = this.#fleet as LoadFleet;
    const giveUp = setTimeout(() => fleet.stop(), limitMs);
    await patiently('the end of every operation in flight', limitMs + STOP_WITHIN_MS, fleet.finished());
    clearTimeout(giveUp);
    await this.#sampler?.stop();
    const seen = (this.#monitor as MonitorHandle).drained(QUIET_MS, limitMs);
    await patiently("the monitor's last events", limitMs + STOP_WITHIN_MS, seen);
    for (const report of this.totals.settleLosses(nowNs())) {
      for (const reporter of this.#options.reporters) reporter.onReport?.(report);
    }
    this.countersAfter = await control.counters();
    this.confirmed = await this.#confirm();
    await this.#noteSlowConsumers();
    return findings;
  }

  /** Whom the servers cut off for reading too slowly has only seen its connection end: the servers say why it did. */
  async #noteSlowConsumers(): Promise<void> {
    const { control, runId } = this.#options;
    for (const { connectionName, reason, node } of await control.slowConsumers(connectionPrefix(runId))) {
      const task = this.#tasks.find((each) => each.connectionName === connectionName);
      this.#noteNotice({
        load: task?.load.name ?? 'monitor',
        worker: task?.worker ?? -1,
        kind: 'slow-consumer',
        text: `cut off by ${node}: ${reason}`,
        atNs: nowNs(),
        count: 1,
      });
    }
  }

  #noteNotice(notice: LoadNotice): void {
    if (this.notices.add(notice)) this.#options.journal.write('load-notice', { ...notice });
  }

  /** What the servers took from each load's connections. A connection that was just closed may not be listed yet. */
  async #confirm(): Promise<Readonly<Record<string, number>> | undefined> {
    const { control, runId, services } = this.#options;
    if (this.countersAfter.size === 0) return undefined;
    let confirmed: Record<string, number> | undefined;
    await waitFor(
      async () => {
        const byConnection = await control.publishedBy(connectionPrefix(runId));
        const counts: Record<string, number> = {};
        for (const { load, connectionName } of this.#tasks) {
          if (services.loadFacts(load.kind).messages === false) continue;
          counts[load.name] = (counts[load.name] ?? 0) + (byConnection.get(connectionName) ?? 0);
        }
        confirmed = counts;
        return this.totals
          .results()
          .every((load) => (counts[load.name] ?? Number.POSITIVE_INFINITY) >= messagesInAll(load));
      },
      { timeoutMs: CONFIRM_WITHIN_MS, everyMs: 100 },
    );
    return confirmed;
  }

  #addCrowd(load: string, { agents, sockets, bytesPerAgent }: Crowd, apart: boolean): void {
    const known = this.crowds.get(load) ?? { agents: 0, sockets: 0, bytesPerAgent: 0, processes: 0 };
    this.crowds.set(load, {
      agents: known.agents + agents,
      sockets: known.sockets + sockets,
      bytesPerAgent: Math.max(known.bytesPerAgent, bytesPerAgent),
      processes: known.processes + (apart ? 1 : 0),
    });
  }

  #beginPhase(phase: 'steady' | 'faults', atNs: number): void {
    this.#phaseClock.begin(phase, atNs);
    this.#fleet?.beginPhase(phase, atNs);
  }

  #conductFaults(signal: AbortSignal): Promise<FaultSessionResult[]> {
    const { plan, services, cluster, control, journal, undo } = this.#options;
    return conductFaults(
      plan.faults,
      {
        startNs: this.startNs,
        cluster,
        journal,
        undo,
        hurry: this.#options.interruption.hurry,
        healNs: plan.limits.healNs,
        create: (fault) => services.faultKind(fault.kind).create(fault.params),
        resolveTargets: (target, until): Promise<readonly ClusterNode[]> =>
          services.resolveTargets(target, cluster, control, until),
        onStormBegin: async () => {
          this.#beginPhase('faults', wholeMicroseconds(nowNs() + PHASE_LEAD_MS * NS.ms));
          await sleep(PHASE_LEAD_MS);
        },
        onStormEnd: (atNs) => this.#beginPhase('steady', wholeMicroseconds(atNs + PHASE_LEAD_MS * NS.ms)),
        settle: async (until) => unsteadiness(await settle(control, plan.streams, plan.limits.healNs, until)),
      },
      signal,
    );
  }
}

/** A stamp has microseconds: so its event falls into the same phase as the operation that it stands for. */
const wholeMicroseconds = (ns: number): number => Math.ceil(ns / NS.us) * NS.us;

/** Every connection of a run's generators is called so, and then by its load and worker. */
const connectionPrefix = (runId: string): string => `stormglass ${runId} `;

function generatorTasks(
  { plan, runId, historyDir, services, cluster }: LoadStageOptions,
  phaseClock: SharedArrayBuffer,
): GeneratorTask[] {
  const tasks: GeneratorTask[] = [];
  const eventTokens = { domain: plan.monitor.domainToken, type: plan.monitor.typeToken };
  let writer = 0;
  for (const load of plan.loads) {
    for (let worker = 0; worker < load.workers; worker++) {
      tasks.push({
        runId,
        seed: plan.seed,
        load,
        events: plan.events.filter((event) => load.domains.includes(event.domain)),
        worker,
        writer,
        eventTokens,
        access: cluster.access,
        connectionName: `${connectionPrefix(runId)}${load.name} ${worker}`,
        phaseClock,
        ...(services.loadFacts(load.kind).history && {
          historyFile: join(historyDir, `${load.name}-${worker}.sgh`),
        }),
      });
      writer += services.loadFacts(load.kind).writersOf?.(load) ?? 1;
    }
  }
  const writers = tasks
    .filter(({ load }) => isMonitored(services.loadFacts(load.kind)))
    // Those that are several write to more subjects than their events' own.
    .filter(({ load }) => services.loadFacts(load.kind).writersOf === undefined)
    .map(({ writer, events }) => ({ writer, subjects: events.map(({ subject }) => subject) }));
  return tasks.map((task) => ({ ...task, writers }));
}

/** Whether the monitor counts what arrives of a load of such a kind. */
export const isMonitored = ({ events, monitored = events }: LoadKindFacts): boolean => monitored;

/** The promise's value, unless the signal aborts first. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  // Nobody waits for it any more once the signal has aborted: then its failure is no crash of ours.
  work.catch(() => {});
  signal.throwIfAborted();
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
