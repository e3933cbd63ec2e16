import { join } from 'node:path';
import { wallNow } from '../base/clock.js';
import { messageOf, StormglassError } from '../base/errors.js';
import type { CheckResult } from '../contracts/checker.js';
import type { Cluster, NodeEvent } from '../contracts/cluster.js';
import type { SystemControl } from '../contracts/control.js';
import type { StreamRead, WriterHistory } from '../contracts/history.js';
import type { Plan } from '../contracts/plan.js';
import type { Reporter } from '../contracts/reporter.js';
import type { Environment, RunResult } from '../contracts/run-result.js';
import { createMarkedDirectory } from '../undo/marked-directory.js';
import { runChecks } from './checks.js';
import { crashFindings, unsettledFinding } from './findings.js';
import type { Interruption } from './interruption.js';
import { Journal } from './journal.js';
import { LoadStage } from './load-stage.js';
import { createRunDirectory, pointLatestAt, type RunDirectory, removeRunDirectory } from './run-directory.js';
import { openSafetyNet, type SafetyNet } from './safety-net.js';
import { savePlan } from './save-plan.js';
import { Scope } from './scope.js';
import type { RunServices, StreamSpan } from './services.js';
import { findingOf, Stages } from './stages.js';
import { settle, unsteadiness } from './steady-state.js';
import { weigh } from './weigh.js';

export interface RunRequest {
  readonly runId: string;
  readonly plan: Plan;
  /** As the user named it. */
  readonly scenarioFile: string;
  /** `path=value` overrides that the plan was resolved with. */
  readonly overrides: readonly string[];
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
  let run: Run | undefined;
  try {
    savePlan(dir, request);
    run = new Run(request, services, dir);
    return await run.conduct();
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
  readonly #stages: Stages;
  readonly #reporters: readonly Reporter[];
  readonly #scope = new Scope();
  readonly #startedAt = wallNow();
  readonly #nodeEvents: NodeEvent[] = [];
  #environment: Environment;
  #net: SafetyNet | undefined;
  #cluster: Cluster | undefined;
  #control: SystemControl | undefined;
  #load: LoadStage | undefined;
  /** By stream: where this run's part of it begins. */
  readonly #streamStarts = new Map<string, number>();
  #history: readonly WriterHistory[] = [];
  #reads: readonly StreamRead[] = [];

  constructor(request: RunRequest, services: RunServices, dir: RunDirectory) {
    this.#request = request;
    this.#services = services;
    this.#dir = dir;
    this.#environment = request.environment;
    this.#journal = new Journal(dir.journal);
    this.#stages = new Stages(this.#journal, request.interruption);
    this.#reporters = [...services.reporters(dir.path), ...(request.live ? [request.live] : [])];
    this.#journal.listen((event) => {
      for (const reporter of this.#reporters) reporter.onEvent?.(event);
    });
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
      await stages.run('cluster-up', 'needed', () => this.#startCluster());
      await stages.run('steady-before', 'needed', () => this.#settleBefore());
      await stages.run('load', 'needed', () => this.#runLoad());
      const loaded = this.#load !== undefined && this.#load.startNs > 0;
      await stages.run('heal', 'always', () => this.#heal());
      if (loaded) {
        await stages.run('drain', 'always', async () => this.#load?.drain());
        if (!interruption.hurry.aborted) {
          await stages.run('steady-after', 'always', () => this.#settleAfter());
          await stages.run('final-read', 'always', () => this.#readBack());
        }
      }
      await stages.run('history-closed', 'always', () => this.#closeHistory());
    } finally {
      await stages.run('cluster-closed', 'always', () => this.#closeEverything());
    }
    if (!(this.#load !== undefined && this.#load.startNs > 0) && !interruption.signal.aborted) {
      this.#journal.close();
      throw this.#stages.halted;
    }
    const checks = (await stages.run('check', 'always', () => this.#check())) ?? [];
    return this.#report(checks);
  }

  async #preflight(): Promise<void> {
    const { plan, interruption, progress } = this.#request;
    const versions = await this.#services.preflight(plan, { progress, signal: interruption.signal });
    this.#environment = { ...this.#environment, ...versions };
    savePlan(this.#dir, { ...this.#request, environment: this.#environment });
    const { runId, scenarioFile } = this.#request;
    this.#net = await openSafetyNet(this.#dir, {
      runId,
      scenarioFile,
      ...this.#services.guarding,
      onUnguarded: (detail) => this.#journal.write('error', { detail }),
    });
  }

  async #startCluster(): Promise<void> {
    const { plan, runId, interruption } = this.#request;
    const net = this.#net as SafetyNet;
    const workDir = join(this.#services.tempDir, `stormglass-${runId}`);
    net.undo.recordSurroundings(this.#services.clusterUndo(plan, runId, workDir));
    await createMarkedDirectory(workDir, runId);

    const cluster = await this.#services.startCluster(plan, {
      runId,
      logDir: this.#dir.logs,
      workDir,
      signal: interruption.signal,
      onNodeEvent: (event) => {
        this.#nodeEvents.push(event);
        this.#journal.write('node', { ...event });
      },
    });
    this.#cluster = this.#scope.use('the cluster', cluster);
    net.undo.useCluster(cluster);
    this.#control = this.#scope.use('the control connection', await this.#services.openControl(cluster));
    await this.#control.watchAdvisories((advisory) =>
      this.#journal.write(advisory.kind.endsWith('LEADER_ELECTED') ? 'election' : 'advisory', {
        ...advisory,
      }),
    );
  }

  async #settleBefore(): Promise<void> {
    const { plan, runId, interruption } = this.#request;
    const control = this.#control as SystemControl;
    const created = await control.createStreams(plan.streams);
    // A cluster of ours goes as a whole; on servers of the user's, our streams are taken away again.
    if (plan.cluster.driver === 'external') {
      this.#scope.add('the streams', () => control.removeStreams(created));
    }
    const look = await settle(control, plan.streams, plan.limits.steadyNs, interruption.signal);
    if (!look.steady) {
      throw new StormglassError(
        'preflight',
        `the system is not steady before the load: ${unsteadiness(look)}`,
        {
          hint: 'see the servers with `nats server report jetstream`, or raise `limits.steady`',
        },
      );
    }
    for (const { name } of plan.streams) {
      this.#streamStarts.set(name, (await control.streamBounds(name)).lastSequence + 1);
    }
    this.#load = new LoadStage({
      plan,
      runId,
      historyDir: this.#dir.history,
      services: this.#services,
      cluster: this.#cluster as Cluster,
      control,
      journal: this.#journal,
      undo: (this.#net as SafetyNet).undo,
      reporters: this.#reporters,
      scope: this.#scope,
      interruption,
    });
    await this.#load.prepare();
  }

  async #runLoad(): Promise<void> {
    await this.#load?.run();
  }

  /** Every fault has reverted itself; what it could not gets a second chance. */
  async #heal(): Promise<void> {
    const undo = this.#net?.undo;
    const left = undo?.outstandingFaults() ?? [];
    if (undo === undefined || left.length === 0) return;
    const outcomes = await undo.carryOut(left);
    undo.settle(outcomes);
    for (const { record, undone, detail } of outcomes) {
      this.#journal.write('undo', { by: 'run', what: record.what, undone, detail });
    }
  }

  async #settleAfter(): Promise<void> {
    const { plan, interruption } = this.#request;
    const look = await settle(
      this.#control as SystemControl,
      plan.streams,
      plan.limits.steadyNs,
      interruption.hurry,
    );
    if (!look.steady) this.#stages.findings.push(unsettledFinding(look.afterNs, unsteadiness(look)));
  }

  async #readBack(): Promise<void> {
    const { plan, interruption } = this.#request;
    this.#history = this.#services.openHistory(this.#load?.historyFiles ?? []);
    if (this.#history.length === 0) return;
    const streams: StreamSpan[] = [];
    for (const { name, subjects } of plan.streams) {
      const { lastSequence } = await (this.#control as SystemControl).streamBounds(name);
      streams.push({
        stream: name,
        subjects,
        fromSequence: this.#streamStarts.get(name) ?? 1,
        throughSequence: lastSequence,
      });
    }
    this.#reads = await this.#services.readBack({
      access: (this.#cluster as Cluster).access,
      streams,
      writers: this.#history,
      timeoutNs: plan.limits.finalReadNs,
      signal: interruption.hurry,
    });
  }

  async #closeHistory(): Promise<void> {
    if (this.#history.length === 0 && this.#load !== undefined) {
      this.#history = this.#services.openHistory(this.#load.historyFiles);
    }
  }

  /** Everything that was started goes; what then is left is undone by its record, and what even that leaves is said. */
  async #closeEverything(): Promise<void> {
    for (const { error } of await this.#scope.close()) this.#stages.findings.push(findingOf(error));
    await this.#net?.close();
  }

  async #check(): Promise<CheckResult[]> {
    const load = this.#load;
    if (load === undefined || load.startNs === 0) return [];
    return runChecks({
      plan: this.#request.plan,
      checker: (name) => this.#services.checker(name),
      writers: this.#history,
      reads: this.#reads,
      faults: load.faults,
      startNs: load.startNs,
      onResult: (result) => this.#journal.write('check', { ...result }),
    });
  }

  async #report(checks: readonly CheckResult[]): Promise<RunOutcome> {
    const { interruption } = this.#request;
    const findings = [...this.#stages.findings, ...crashFindings(this.#nodeEvents)];
    if (interruption.exit !== undefined) {
      findings.push({ exit: interruption.exit, text: messageOf(interruption.signal.reason) });
    }
    const unwritten = this.#journal.failure ?? this.#net?.undo.failure;
    if (unwritten !== undefined) findings.push(findingOf(unwritten));
    const endedAt = wallNow();
    const build = (): RunResult =>
      weigh({
        request: { ...this.#request, environment: this.#environment },
        startedAt: this.#startedAt,
        endedAt,
        load: this.#load,
        checks,
        findings,
        leftBehind: this.#net?.leftBehind ?? [],
        acknowledged: (kind) => this.#services.loadFacts(kind).acknowledged,
      });

    let result = build();
    await this.#stages.run('report', 'always', async () => {
      for (const reporter of this.#reporters) {
        if (reporter === this.#request.live) continue;
        try {
          await reporter.onEnd?.(result);
        } catch (error) {
          findings.push(findingOf(error));
        }
      }
    });
    // A report that could not be written is part of the verdict.
    const before = result.verdict.exitCode;
    result = build();
    this.#journal.write('verdict', {
      exit: result.verdict.exit,
      code: result.verdict.exitCode,
      headline: result.verdict.headline,
      ...(before !== result.verdict.exitCode && { changedBy: 'report' }),
    });
    this.#journal.close();
    pointLatestAt(this.#dir);
    await this.#request.live?.onEnd?.(result);
    return { result, runDir: this.#dir.path };
  }
}
