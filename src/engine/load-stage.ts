import { NS, nowNs, sleep } from '../base/clock.js';
import { messageOf, StormglassError } from '../base/errors.js';
import { orAborted } from '../base/or-aborted.js';
import { withDeadline } from '../base/wait.js';
import type { Cluster } from '../contracts/cluster.js';
import type { SystemControl } from '../contracts/control.js';
import type { GeneratorTask, LoadFleet } from '../contracts/load.js';
import type { MonitorHandle, MonitorPages } from '../contracts/monitor.js';
import type { Plan } from '../contracts/plan.js';
import type { Reporter } from '../contracts/reporter.js';
import type { ClockFigures } from '../contracts/resources.js';
import type { RunTraces } from '../contracts/trace.js';
import { measureClock } from '../metrics/clock-figures.js';
import { mayEndEarly, scheduleEndNs } from '../metrics/schedule-end.js';
import type { FaultConductor } from './fault-conductor.js';
import type { FaultSessionResult } from './fault-session.js';
import { faultsOfLoad } from './faults-of-load.js';
import { generatorTasks, writerLabels } from './generator-tasks.js';
import type { Interruption } from './interruption.js';
import type { Journal } from './journal.js';
import { LoadBooks } from './load-books.js';
import { LoadPhases } from './load-phases.js';
import { prepareLoad } from './prepare-load.js';
import { ProbeWatch } from './probe-watch.js';
import { RecoveryWatch } from './recovery-watch.js';
import { ResourceSampler } from './resource-sampler.js';
import { RunningConditions } from './running-conditions.js';
import type { Scope } from './scope.js';
import { ServerAccount } from './server-account.js';
import type { RunServices } from './services.js';
import { startLoadMonitor } from './start-load-monitor.js';
import type { SteadyState } from './steady-state.js';
import type { UndoDesk } from './undo-desk.js';
import type { Finding } from './verdict.js';

/** Between the order to start and the first due operation: every worker has the order by then. */
const START_LEAD_NS = 200 * NS.ms;
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
  readonly books: LoadBooks;
  readonly servers: ServerAccount;
  readonly recovery: RecoveryWatch;
  readonly probes: ProbeWatch;
  /** Known once the load is prepared. */
  clock: ClockFigures | undefined;
  readonly historyFiles: readonly string[];
  /** Monotonic; 0 until the load has started, and has ended. */
  startNs = 0;
  endNs = 0;

  readonly #options: LoadStageOptions;
  readonly #phases = new LoadPhases();
  readonly #conditions: RunningConditions;
  readonly #tasks: readonly GeneratorTask[];
  #fleet: LoadFleet | undefined;
  #conductor: FaultConductor | undefined;
  #monitor: MonitorHandle | undefined;
  #sampler: ResourceSampler | undefined;

  constructor(options: LoadStageOptions) {
    this.#options = options;
    const { plan, services, control, steadyState, journal } = options;
    const { clock, isStorm } = this.#phases;
    this.#tasks = generatorTasks(options, clock.buffer);
    this.historyFiles = this.#tasks.flatMap((task) => task.historyFile ?? []);
    this.servers = new ServerAccount(options, this.#tasks);
    const hasStreams = plan.streams.length > 0;
    this.recovery = new RecoveryWatch({ control, steadyState, journal, hasStreams, isStorm });
    journal.listen(this.recovery.onEvent);
    this.#conditions = new RunningConditions({
      control,
      loads: plan.loads,
      acknowledged: (kind) => services.loadFacts(kind).acknowledged,
    });
    const { probes, everyNs } = plan.steadyState;
    this.probes = new ProbeWatch({ steadyState, probes, everyNs, journal, isStorm });
    this.books = new LoadBooks({ ...options, conditions: this.#conditions }, clock);
  }

  /** Everything connected and built, nothing sent yet. */
  async prepare(): Promise<void> {
    const { plan, services, scope, interruption } = this.#options;
    const { signal } = interruption;
    for (const load of plan.loads) await prepareLoad(load, { ...this.#options, signal });
    const { traces } = this.#options;
    this.#monitor = await startLoadMonitor(
      this.#options,
      {
        writers: writerLabels(this.#tasks, services),
        phaseClock: this.#phases.clock.buffer,
        ...(traces && { trace: traces.taskFor() }),
      },
      this.books,
    );
    this.#options.undo.useMonitor(this.#pages);
    const { metricsUrl } = this.#monitor;
    const tasks = this.#tasks.map((task) => ({
      ...task,
      metricsUrl,
      ...(traces && { trace: traces.taskFor(task.load.name) }),
    }));
    this.#fleet = scope.use('the generators', services.startFleet(tasks, this.books));
    this.#phases.useFleet(this.#fleet);
    await orAborted(this.#fleet.ready(), signal);
    // When everything has been built, so that it sees the clock as the load will.
    this.clock = await measureClock();
  }

  #sampleResources(): void {
    const { cluster, services, scope } = this.#options;
    const sampler = new ResourceSampler(
      cluster,
      services.resources,
      this.books.onSample,
      this.#fleet?.processes,
    );
    this.#sampler = sampler;
    scope.add('the look at resources', () => sampler.stop());
    sampler.start();
  }

  /** Runs the schedules and the faults to their end, or until the run is interrupted. */
  async run(): Promise<void> {
    const { plan, interruption } = this.#options;
    const fleet = this.#fleet as LoadFleet;
    await this.servers.open();
    this.#sampleResources();

    this.startNs = this.#phases.begin(START_LEAD_NS);
    this.books.start(this.startNs);
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
    const conductor = faultsOfLoad(
      { startNs: this.startNs, conditions: this.#conditions, phases: this.#phases, monitor: this.#pages },
      this.#options,
      signal,
    );
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

  get #pages(): MonitorPages {
    const monitor = this.#monitor as MonitorHandle;
    return {
      metricsUrls: this.metricsUrls,
      servePage: (url, isServed) => monitor.servePage(url, isServed),
    };
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
    const { plan, interruption } = this.#options;
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
    this.books.settleLosses();
    await this.servers.close(() => this.books.totals.results(), this.books.notices.all);
    for (const notice of await this.servers.slowConsumers()) this.books.onNotice(notice);
    return findings;
  }
}
