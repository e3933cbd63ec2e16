import { NS, nowNs, sleep } from '../base/clock.js';
import { messageOf, StormglassError } from '../base/errors.js';
import { orAborted } from '../base/or-aborted.js';
import { withDeadline } from '../base/wait.js';
import type { Cluster, ClusterNode } from '../contracts/cluster.js';
import type { NodeCounters, SystemControl } from '../contracts/control.js';
import type { Crowd, GeneratorTask, IntervalReport, LoadFleet, LoadNotice } from '../contracts/load.js';
import type { MonitorHandle } from '../contracts/monitor.js';
import type { Plan } from '../contracts/plan.js';
import type { Reporter } from '../contracts/reporter.js';
import type { ClockFigures, ResourceSample } from '../contracts/resources.js';
import type { RunTraces, SpanReport } from '../contracts/trace.js';
import { measureClock } from '../metrics/clock-figures.js';
import { LoadTotals } from '../metrics/load-totals.js';
import { PhaseClock } from '../metrics/phase-clock.js';
import { mayEndEarly, scheduleEndNs } from '../metrics/schedule-end.js';
import { confirmLoads } from './confirm-loads.js';
import { CrowdBook } from './crowd-book.js';
import { FaultConductor } from './fault-conductor.js';
import { FaultGuards } from './fault-guards.js';
import type { FaultSessionResult } from './fault-session.js';
import { connectionPrefix, generatorTasks, isMonitored, writerLabels } from './generator-tasks.js';
import type { Interruption } from './interruption.js';
import type { Journal } from './journal.js';
import { lateBoundNs } from './load-limits.js';
import { MonitorSight } from './monitor-sight.js';
import { NoticeBook } from './notice-book.js';
import { prepareLoad } from './prepare-load.js';
import { ProbeWatch } from './probe-watch.js';
import { ProbedServers, serverTargets } from './probed-servers.js';
import { RecoveryWatch } from './recovery-watch.js';
import { ResourceBook } from './resource-book.js';
import { ResourceSampler } from './resource-sampler.js';
import { RunningConditions } from './running-conditions.js';
import type { Scope } from './scope.js';
import type { RunServices } from './services.js';
import { type SteadyState, unsteadiness } from './steady-state.js';
import type { UndoDesk } from './undo-desk.js';
import type { Finding } from './verdict.js';

/** Between the order to start and the first due operation: every worker has the order by then. */
const START_LEAD_NS = 200 * NS.ms;
/** Between a new phase's announcement and its beginning: no worker has counted beyond it when it learns of it. */
const PHASE_LEAD_MS = 5;
/** After the time to drain, what was told to stop has this long to do so: the longest wait for an answer. */
const STOP_WITHIN_MS = 10_000;
/** No event for this long, and the monitor has seen the last. */
const QUIET_MS = 300;

export interface LoadStageOptions {
  readonly plan: Plan;
  readonly runId: string;
  readonly historyDir: string;
  /** A directory of the run's own, removed with it. */
  readonly workDir: string;
  readonly services: RunServices;
  readonly cluster: Cluster;
  readonly control: SystemControl;
  readonly steadyState: SteadyState;
  readonly journal: Journal;
  readonly undo: UndoDesk;
  readonly reporters: readonly Reporter[];
  readonly scope: Scope;
  readonly interruption: Interruption;
  readonly traces?: RunTraces | undefined;
}

/**
 * The load with everything that runs beside it: generators, monitor, faults, the servers' own counters. What it
 * measures is complete only after `drain`.
 */
export class LoadStage {
  readonly totals: LoadTotals;
  readonly notices = new NoticeBook();
  readonly sight = new MonitorSight();
  readonly crowds = new CrowdBook();
  readonly resources: ResourceBook;
  readonly recovery: RecoveryWatch;
  readonly probes: ProbeWatch;
  readonly #conditions: RunningConditions;
  /** Known once the load is prepared. */
  clock: ClockFigures | undefined;
  readonly historyFiles: readonly string[];
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
  #conductor: FaultConductor | undefined;
  #monitor: MonitorHandle | undefined;
  #sampler: ResourceSampler | undefined;
  /** A fault holds, or is being recovered from. */
  #isStorm = false;

  constructor(options: LoadStageOptions) {
    this.#options = options;
    this.#tasks = generatorTasks(options, this.#phaseClock.buffer);
    this.historyFiles = this.#tasks.flatMap((task) => task.historyFile ?? []);
    this.totals = new LoadTotals(options.plan.loads, this.#phaseClock, (kind) => {
      return isMonitored(options.services.loadFacts(kind));
    });
    const bounds = new Map(options.plan.loads.map((load) => [load.name, lateBoundNs(load)]));
    const { plan, control, steadyState, journal } = options;
    const isStorm = () => this.#isStorm;
    this.recovery = new RecoveryWatch({
      control,
      steadyState,
      journal,
      hasStreams: plan.streams.length > 0,
      isStorm,
    });
    journal.listen(this.recovery.onEvent);
    this.#conditions = new RunningConditions({
      control,
      loads: plan.loads,
      acknowledged: (kind) => options.services.loadFacts(kind).acknowledged,
    });
    const { probes, everyNs } = plan.steadyState;
    this.probes = new ProbeWatch({ steadyState, probes, everyNs, journal, isStorm });
    this.resources = new ResourceBook((load) => bounds.get(load) ?? Number.POSITIVE_INFINITY);
  }

  /** Everything connected and built, nothing sent yet. */
  async prepare(): Promise<void> {
    const { plan, runId, services, cluster, scope, interruption, journal } = this.#options;
    const { signal } = interruption;
    for (const load of plan.loads) await prepareLoad(load, { ...this.#options, signal });
    const trace = this.#options.traces?.taskFor(this.#tasks.length);
    const listener = {
      onReport: (report: IntervalReport) => {
        this.totals.add(report);
        this.resources.addReport(report);
        this.#conditions.addReport(report);
        for (const reporter of this.#options.reporters) reporter.onReport?.(report);
      },
      onNotice: (notice: LoadNotice) => this.#noteNotice(notice),
      onSample: (sample: ResourceSample) => this.#addSample(sample),
      onSpans: (report: SpanReport) => this.#options.traces?.add(report),
      onCrowd: (load: string, crowd: Crowd, apart: boolean) => this.crowds.add(load, crowd, apart),
    };
    this.#monitor = scope.use(
      'the monitor',
      await services.startMonitor(
        {
          plan: plan.monitor,
          host: '127.0.0.1',
          // What it counts and measures is what was published, whatever becomes of the load's own way.
          access: cluster.observerAccess,
          connectionName: `${connectionPrefix(runId)}monitor`,
          writers: writerLabels(this.#tasks, services),
          servers: {
            targets: serverTargets(cluster.nodes),
            ...(cluster.systemAccess && { systemAccess: cluster.systemAccess }),
            ...(plan.alerts && { hurry: plan.alerts.factor }),
          },
          runId,
          phaseClock: this.#phaseClock.buffer,
          ...(trace && { trace }),
        },
        listener,
      ),
    );
    const { metricsUrl, metricsUrls } = this.#monitor;
    journal.write('monitor', { what: 'started', url: metricsUrl, ...(metricsUrls && { urls: metricsUrls }) });
    const servers = new ProbedServers(cluster, (targets) => this.#monitor?.useServers(targets));
    scope.add("the look at the cluster's nodes", async () => servers.stop());
    servers.start();
    const tasks = this.#tasks.map((task) => ({ ...task, metricsUrl, ...(trace && { trace }) }));
    this.#fleet = scope.use('the generators', services.startFleet(tasks, listener));
    await orAborted(this.#fleet.ready(), signal);
    // When everything has been built, so that it sees the clock as the load will.
    this.clock = await measureClock();
  }

  #sampleResources(): void {
    const { cluster, services, scope } = this.#options;
    const sampler = new ResourceSampler(
      cluster,
      services.resources,
      (sample) => this.#addSample(sample),
      this.#fleet?.processes,
    );
    this.#sampler = sampler;
    scope.add('the look at resources', () => sampler.stop());
    sampler.start();
  }

  #addSample(sample: ResourceSample): void {
    this.resources.add(sample);
    for (const reporter of this.#options.reporters) reporter.onSample?.(sample);
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
    const watches = Promise.all([this.recovery.run(signal), this.probes.run(signal)]);
    const conductor = this.#faultConductor(signal);
    this.#conductor = conductor;
    const faults = conductor.conduct(plan.faults);
    const plannedEndNs = this.startNs + Math.max(...plan.loads.map(scheduleEndNs));
    const scheduled = sleep((plannedEndNs - nowNs()) / NS.ms, signal);
    try {
      await Promise.race([
        Promise.all([scheduled, faults]),
        this.#endedEarly(fleet, plannedEndNs),
        fleet.failed(),
        this.#abortedBy(signal),
      ]);
    } catch (error) {
      // Cut short: what is due and not yet sent stays so. A load that ends by itself still sends it while it drains.
      fleet.stop();
      throw error;
    } finally {
      halt.abort(new Error('the load has ended'));
      this.endNs = nowNs();
      await faults;
      await conductor.settled();
      await watches;
    }
  }

  /** Those of the plan, and those by hand after them. */
  get faults(): readonly FaultSessionResult[] {
    return this.#conductor?.results ?? [];
  }

  /** Known once the load is prepared. */
  get metricsUrls(): readonly string[] {
    const { metricsUrl, metricsUrls = [metricsUrl] } = this.#monitor as MonitorHandle;
    return metricsUrls;
  }

  /** The faults while the load runs; `undefined` before and after. */
  get conductor(): FaultConductor | undefined {
    return this.endNs === 0 ? this.#conductor : undefined;
  }

  /** A second chance for faults that could not be reverted. */
  async healAgain(): Promise<void> {
    await this.#conductor?.healAgain();
  }

  /** Never resolves; rejects when a condition holds that is to end the run. */
  #abortedBy(signal: AbortSignal): Promise<never> {
    const { plan, journal } = this.#options;
    const forever = Number.POSITIVE_INFINITY;
    const watches = plan.guards.abortOn.map(async (condition): Promise<never> => {
      const sight = await this.#conditions.waitFor(condition, forever, signal);
      const text = `aborted, for ${condition.text}: ${sight?.saw}`;
      journal.write('guard', { abort: true, condition: condition.text, saw: sight?.saw, text });
      throw new StormglassError('expectation', text);
    });
    return Promise.race([new Promise<never>(() => {}), ...watches]);
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
    this.confirmed =
      this.countersAfter.size === 0
        ? undefined
        : await confirmLoads(this.#tasks, {
            control,
            runId: this.#options.runId,
            services: this.#options.services,
            results: () => this.totals.results(),
          });
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
    this.sight.add(notice);
    if (this.notices.add(notice)) this.#options.journal.write('load-notice', { ...notice });
  }

  #beginPhase(phase: 'steady' | 'faults', atNs: number): void {
    this.#phaseClock.begin(phase, atNs);
    this.#fleet?.beginPhase(phase, atNs);
  }

  #faultConductor(signal: AbortSignal): FaultConductor {
    const { plan, runId, workDir, services, cluster, control, steadyState, journal, undo } = this.#options;
    const recoverNs = plan.steadyState.recoverWithinNs ?? plan.limits.healNs;
    const { guards } = plan;
    const { healNs } = plan.limits;
    const claimsOf = (kind: string) => services.faultKind(kind).claims;
    return new FaultConductor(
      {
        guards: new FaultGuards({ guards, cluster, control, healNs, claimsOf }),
        longestNs: guards.longestNs,
        conditions: this.#conditions,
        startNs: this.startNs,
        runId,
        workDir,
        cluster,
        control,
        machine: services.machine,
        journal,
        undo,
        hurry: this.#options.interruption.hurry,
        healNs,
        create: (fault) => services.faultKind(fault.kind).create(fault.params),
        resolveTargets: (target, until): Promise<readonly ClusterNode[]> =>
          services.resolveTargets(target, cluster, control, until),
        onStormBegin: async () => {
          this.#isStorm = true;
          this.#beginPhase('faults', wholeMicroseconds(nowNs() + PHASE_LEAD_MS * NS.ms));
          await sleep(PHASE_LEAD_MS);
        },
        onStormEnd: (atNs) => {
          this.#isStorm = false;
          this.#beginPhase('steady', wholeMicroseconds(atNs + PHASE_LEAD_MS * NS.ms));
        },
        settle: async (until) => {
          const { steady, afterNs, ...look } = await steadyState.settle(recoverNs, until);
          return { steady, afterNs, ...(!steady && { unsteady: unsteadiness({ steady, ...look }) }) };
        },
      },
      signal,
    );
  }
}

/** A stamp has microseconds: so its event falls into the same phase as the operation that it stands for. */
const wholeMicroseconds = (ns: number): number => Math.ceil(ns / NS.us) * NS.us;
