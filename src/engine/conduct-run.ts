import { wallNow } from '../base/clock.js';
import { messageOf, StormglassError } from '../base/errors.js';
import type { CheckResult } from '../contracts/checker.js';
import type { Cluster, NodeEvent, ProcessIdentity } from '../contracts/cluster.js';
import type { SystemControl } from '../contracts/control.js';
import type { History, ReadBack, WriterHistory } from '../contracts/history.js';
import type { Plan } from '../contracts/plan.js';
import type { Reporter } from '../contracts/reporter.js';
import type { Environment, ReplayedRun, RunResult } from '../contracts/run-result.js';
import type { RunTraces } from '../contracts/trace.js';
import { AlertStage } from './alert-stage.js';
import { buildHistory } from './build-history.js';
import { runChecks } from './checks.js';
import { ClusterLock } from './cluster-lock.js';
import { coreDeliveries } from './core-deliveries.js';
import { crashFindings, unsettledFinding } from './findings.js';
import { isMonitored } from './generator-tasks.js';
import { HandWork } from './hand-work.js';
import { historyNeeds } from './history-needs.js';
import type { Interruption } from './interruption.js';
import { Journal } from './journal.js';
import { LoadStage } from './load-stage.js';
import { readSummaries } from './read-summaries.js';
import { createRunDirectory, pointLatestAt, type RunDirectory, removeRunDirectory } from './run-directory.js';
import { RunDoor } from './run-door.js';
import { openSafetyNet, type SafetyNet } from './safety-net.js';
import { savePlan } from './save-plan.js';
import { Scope } from './scope.js';
import { countersBetween } from './server-counters.js';
import type { RunServices } from './services.js';
import { findingOf, Stages } from './stages.js';
import { unsteadiness } from './steady-state.js';
import { watchStopFile } from './stop-file.js';
import { SystemUnderTest } from './system-under-test.js';
import { tracesNotices } from './traces-notices.js';
import { Upkeep } from './upkeep.js';
import type { Finding } from './verdict.js';
import { weigh } from './weigh.js';

export interface RunRequest {
  readonly runId: string;
  readonly plan: Plan;
  /** As the user named it. */
  readonly scenarioFile: string;
  /** `path=value` overrides that the plan was resolved with. */
  readonly overrides: readonly string[];
  /** Whose faults are made again, if any. */
  readonly replay?: ReplayedRun;
  /** Where the run's own directory is made. */
  readonly reportsDir: string;
  readonly environment: Environment;
  readonly interruption: Interruption;
  /** What is slow before the load (a server that is built) says so here. */
  readonly progress: (line: string) => void;
  /** Whoever watches the run while it happens; told the result when every file is written. */
  readonly live?: Reporter;
}

export interface RunOutcome {
  readonly result: RunResult;
  readonly runDir: string;
}

/**
 * One run, from its plan to its report: the phases of the design in their order. Whatever fails, faults are
 * reverted, everything is closed and every report that can be written is.
 * @throws StormglassError when it ended before the load began; then nothing is left of it
 */
export async function conductRun(request: RunRequest, services: RunServices): Promise<RunOutcome> {
  const dir = createRunDirectory(request.reportsDir, request.plan.name, request.runId);
  try {
    savePlan(dir, request);
    return await new Run(request, services, dir).conduct();
  } catch (error) {
    // Nothing was measured: what is left would only be litter. A bug keeps its journal.
    if (error instanceof StormglassError) removeRunDirectory(dir);
    throw error;
  }
}

/** What the phases of one run hand on to each other. */
class Run {
  readonly #request: RunRequest;
  readonly #services: RunServices;
  readonly #dir: RunDirectory;
  readonly #journal: Journal;
  readonly #upkeep: Upkeep;
  readonly #stages: Stages;
  readonly #reporters: readonly Reporter[];
  readonly #traces: RunTraces | undefined;
  readonly #scope = new Scope();
  readonly #alerts: AlertStage;
  readonly #startedAt = wallNow();
  readonly #nodeEvents: NodeEvent[] = [];
  #environment: Environment;
  #net: SafetyNet | undefined;
  #system: SystemUnderTest | undefined;
  #load: LoadStage | undefined;
  /** Of a system that is not this run's own. */
  #lock: ClusterLock | undefined;
  #history: readonly WriterHistory[] = [];
  #readBackAs: ReadBack = { reads: [], replicas: [] };

  constructor(request: RunRequest, services: RunServices, dir: RunDirectory) {
    this.#request = request;
    this.#services = services;
    this.#dir = dir;
    this.#environment = request.environment;
    this.#journal = new Journal(dir.journal);
    this.#upkeep = new Upkeep(this.#journal);
    this.#stages = new Stages(this.#journal, request.interruption);
    this.#reporters = [...services.reporters(dir.path), ...(request.live ? [request.live] : [])];
    const { interruption } = request;
    interruption.signal.addEventListener('abort', () =>
      this.#journal.write('interrupted', {
        text: `${interruption.signal.reason.message}: reverting and checking; once more to hurry`,
      }),
    );
    interruption.hurry.addEventListener('abort', () =>
      this.#journal.write('interrupted', { text: 'hurrying' }),
    );
    this.#alerts = new AlertStage({
      plan: request.plan,
      runId: request.runId,
      dir,
      services,
      scope: this.#scope,
      journal: this.#journal,
      signal: interruption.signal,
    });
    this.#traces = services.openTraces({
      plan: request.plan,
      runId: request.runId,
      runDir: dir.path,
      listen: (listener) => this.#journal.listen(listener),
    });
    this.#journal.listen((event) => {
      for (const reporter of this.#reporters) reporter.onEvent?.(event);
    });
  }

  /** The load that has begun, if it came to that. */
  get #begun(): LoadStage | undefined {
    return this.#load !== undefined && this.#load.startNs > 0 ? this.#load : undefined;
  }

  async conduct(): Promise<RunOutcome> {
    const { plan, runId, interruption } = this.#request;
    const stages = this.#stages;
    try {
      for (const reporter of this.#reporters) {
        await reporter.onStart?.({ runId, plan, runDir: this.#dir.path, startedAt: this.#startedAt });
      }
      this.#journal.write('run-started', { run: runId, scenario: plan.name, seed: plan.seed });

      await stages.run('preflight', 'needed', () => this.#preflight());
      await stages.run('cluster-up', 'needed', () => this.#openSystem());
      await stages.run('steady-before', 'needed', () => this.#prepare());
      await stages.run('load', 'needed', async () => this.#runLoad());
      const load = this.#begun;
      if (load) {
        await stages.run('heal', 'always', () => this.#heal());
        await stages.run('drain', 'always', () => this.#drain());
        if (!interruption.hurry.aborted) {
          await stages.run('steady-after', 'always', () => this.#settleAfter());
          if (this.#alerts.isWatching)
            await stages.run('alerts-settle', 'always', () => this.#alerts.settle(load));
          await stages.run('final-read', 'always', () => this.#readBack());
        }
        // Whoever is in a hurry is told by what was seen until now.
        await this.#alerts.settle(load);
        await stages.run('history-closed', 'always', () => this.#openHistory());
      }
    } finally {
      if (this.#net) await stages.run('cluster-closed', 'always', () => this.#closeEverything());
    }
    const leftBehind = this.#net?.leftBehind ?? [];
    if (!this.#begun && !interruption.signal.aborted && leftBehind.length === 0) {
      this.#journal.close();
      this.#traces?.abandon();
      throw stages.halted;
    }
    const checks = (await stages.run('check', 'always', async () => this.#check())) ?? [];
    return this.#report(checks);
  }

  async #preflight(): Promise<void> {
    const { runId, scenarioFile, plan, interruption, progress } = this.#request;
    const versions = await this.#services.preflight(plan, { progress, signal: interruption.signal });
    this.#environment = { ...this.#environment, ...versions };
    savePlan(this.#dir, { ...this.#request, environment: this.#environment });
    this.#net = await openSafetyNet(this.#dir, {
      runId,
      scenarioFile,
      ...this.#services.guarding,
      tempDir: this.#services.tempDir,
      onUnguarded: this.#upkeep.onUnguarded,
    });
    this.#watchStopFile();
    await this.#openDoor(this.#net);
  }

  #watchStopFile(): void {
    const { plan, interruption } = this.#request;
    const { stopFile } = plan.guards;
    if (stopFile === undefined) return;
    const end = watchStopFile(stopFile, () =>
      interruption.request('interrupted', `the stop file ${stopFile}`),
    );
    this.#scope.add('the watch for the stop file', async () => end());
  }

  /** Without it nothing can be done by hand, and all else goes on. */
  async #openDoor({ socket }: SafetyNet): Promise<void> {
    const { plan, runId, scenarioFile, interruption } = this.#request;
    const hand = new HandWork({
      journal: this.#journal,
      run: {
        runId,
        scenario: scenarioFile,
        runDir: this.#dir.path,
        startedAt: this.#startedAt.toISOString(),
      },
      conductor: () => this.#load?.conductor,
      loadStartNs: () => this.#load?.startNs ?? 0,
      readFault: (fault, id) =>
        this.#services.readHandFault(fault, id, {
          plan,
          scenarioFile,
          cluster: (this.#system as SystemUnderTest).cluster,
          signal: interruption.signal,
        }),
      requireLock: async () => this.#lock?.take(),
    });
    try {
      if (socket === undefined) throw new Error('the path of its socket would be too long');
      this.#scope.use('the socket of the run', await RunDoor.open(socket, hand.answer));
    } catch (error) {
      this.#journal.write('error', { detail: `nothing can be done by hand: ${messageOf(error)}` });
    }
  }

  async #openSystem(): Promise<void> {
    const { plan, runId, interruption } = this.#request;
    this.#system = await SystemUnderTest.open({
      plan,
      runId,
      dir: this.#dir,
      services: this.#services,
      undo: (this.#net as SafetyNet).undo,
      scope: this.#scope,
      journal: this.#journal,
      signal: interruption.signal,
      onLinkEvent: this.#upkeep.onLinkEvent,
      onNodeEvent: (event) => {
        this.#nodeEvents.push(event);
        this.#journal.write('node', { ...event });
      },
      needs: historyNeeds(this.#request.plan, this.#services.checker),
    });
  }

  async #prepare(): Promise<void> {
    const { plan, runId, interruption } = this.#request;
    const { cluster, control, steadyState, workDir } = this.#system as SystemUnderTest;
    if (plan.cluster.driver === 'external') this.#lock = this.#clusterLock(cluster, control);
    if (plan.faults.length > 0) await this.#lock?.take();
    await this.#system?.prepare();
    this.#load = new LoadStage({
      plan,
      runId,
      historyDir: this.#dir.history,
      workDir,
      services: this.#services,
      cluster,
      control,
      steadyState,
      journal: this.#journal,
      undo: (this.#net as SafetyNet).undo,
      reporters: this.#reporters,
      scope: this.#scope,
      interruption,
      traces: this.#traces,
    });
    await this.#load.prepare();
    await this.#alerts.start(this.#load.metricsUrls, workDir);
  }

  #clusterLock(cluster: Cluster, control: SystemControl): ClusterLock {
    const { stateDir, self } = this.#services.guarding;
    return new ClusterLock({
      runId: this.#request.runId,
      stateDir,
      // Without it, there would be no safety net, and no run.
      self: self as ProcessIdentity,
      servers: cluster.access.servers,
      control,
      journal: this.#journal,
      undo: (this.#net as SafetyNet).undo,
      scope: this.#scope,
    });
  }

  async #runLoad(): Promise<void> {
    this.#system?.watch();
    await this.#load?.run();
  }

  /** Every fault has reverted itself; what it could not gets a second chance. */
  async #heal(): Promise<void> {
    await this.#load?.healAgain();
    const undo = this.#net?.undo;
    const left = undo?.outstandingFaults() ?? [];
    if (undo === undefined || left.length === 0) return;
    const outcomes = await undo.carryOut(left);
    undo.settle(outcomes);
    for (const { record, undone, detail } of outcomes) {
      this.#journal.write('undo', { by: 'run', what: record.what, undone, detail });
      undo.audit({ act: undone ? 'undone' : 'not-undone', kind: record.kind, undo: [record], detail });
    }
  }

  async #drain(): Promise<void> {
    this.#stages.findings.push(...((await this.#load?.drain()) ?? []));
  }

  async #settleAfter(): Promise<void> {
    const look = await this.#system?.settle(this.#request.interruption.hurry);
    if (look && !look.steady) {
      this.#stages.findings.push(unsettledFinding(look.afterNs, unsteadiness(look)));
    }
  }

  async #readBack(): Promise<void> {
    this.#load?.recovery.close();
    await this.#openHistory();
    const { hurry } = this.#request.interruption;
    if (this.#system) this.#readBackAs = await this.#system.readBack(this.#history, hurry);
  }

  async #openHistory(): Promise<void> {
    if (this.#history.length === 0)
      this.#history = this.#services.openHistory(this.#load?.historyFiles ?? []);
  }

  /** Everything that was started goes; what is left then is undone by its record, and what even that leaves is said. */
  async #closeEverything(): Promise<void> {
    // Somebody by hand may be taking it just now: what is closed after that gives it back.
    await this.#lock?.settled();
    for (const { error } of await this.#scope.close()) this.#stages.findings.push(findingOf(error));
    await this.#net?.close();
  }

  #check(): CheckResult[] {
    const load = this.#begun;
    if (load === undefined) return [];
    return runChecks({
      plan: this.#request.plan,
      history: this.#historyOf(load),
      checker: (name) => this.#services.checker(name),
      onResult: (result) => this.#journal.write('check', { ...result }),
    });
  }

  #historyOf(load: LoadStage): History {
    const { plan } = this.#request;
    return buildHistory({
      plan,
      writers: this.#history,
      ...this.#readBackAs,
      streams: this.#system?.streams ?? [],
      consumers: this.#system?.consumers ?? [],
      deliveries: coreDeliveries({
        plans: plan.loads,
        results: load.totals.results(load.endNs),
        notices: load.notices.all,
        sight: load.sight,
        servers: countersBetween(load.countersBefore, load.countersAfter),
        nodeEvents: this.#nodeEvents,
        faults: load.faults,
        loadFacts: (kind) => this.#services.loadFacts(kind),
      }),
      results: load.faults,
      startNs: load.startNs,
    });
  }

  async #report(checks: readonly CheckResult[]): Promise<RunOutcome> {
    const findings = this.#findings();
    const traces = await this.#traces?.end();
    const endedAt = wallNow();
    const weighNow = (): RunResult =>
      weigh({
        request: { ...this.#request, environment: this.#environment },
        startedAt: this.#startedAt,
        endedAt,
        load: this.#load,
        alerts: this.#alerts.result,
        checks,
        reads: readSummaries(this.#readBackAs.reads, this.#readBackAs.replicas),
        findings,
        notices: [...(this.#load?.notices.all ?? []), ...this.#upkeep.notices, ...tracesNotices(traces)],
        traces,
        leftBehind: this.#net?.leftBehind ?? [],
        audit: this.#net?.undo.auditHead,
        acknowledged: (kind) => this.#services.loadFacts(kind).acknowledged,
        monitored: (kind) => isMonitored(this.#services.loadFacts(kind)),
      });

    let result = weighNow();
    const written: string[] = [];
    await this.#stages.run('report', 'always', async () => {
      for (const reporter of this.#reporters) {
        if (reporter === this.#request.live) continue;
        try {
          await reporter.onEnd?.(result, written);
          written.push(reporter.name);
        } catch (error) {
          // A report that could not be written is part of the verdict that the next ones tell.
          findings.push(findingOf(error));
          result = weighNow();
        }
      }
    });
    const { verdict, safety } = result;
    const { exit, exitCode, headline } = verdict;
    this.#journal.write('verdict', {
      exit,
      code: exitCode,
      headline,
      ...(safety && { safety: safety.sentence }),
    });
    this.#journal.close();
    pointLatestAt(this.#dir);
    await this.#request.live?.onEnd?.(result, written);
    return { result, runDir: this.#dir.path };
  }

  /** Everything that the phases met. */
  #findings(): Finding[] {
    const { interruption } = this.#request;
    const unwritten = this.#journal.failure ?? this.#net?.undo.failure;
    return [
      ...this.#stages.findings,
      ...crashFindings(this.#nodeEvents),
      ...(interruption.exit === undefined
        ? []
        : [{ exit: interruption.exit, text: interruption.signal.reason.message as string }]),
      ...(unwritten === undefined ? [] : [findingOf(unwritten)]),
    ];
  }
}
