import { setImmediate } from 'node:timers/promises';
import { wallNow } from '../base/clock.js';
import { StormglassError } from '../base/errors.js';
import type { CheckResult } from '../contracts/checker.js';
import type { Environment, RunResult } from '../contracts/run-result.js';
import type { UndoRecord } from '../contracts/undo.js';
import { AlertStage } from './alert-stage.js';
import { crashFindings, unsettledFinding } from './findings.js';
import { healLeftovers } from './heal-leftovers.js';
import { historyNeeds } from './history-needs.js';
import { LoadStage } from './load-stage.js';
import { measureLoad } from './measure-load.js';
import { openHandDoor } from './open-hand-door.js';
import { openRunAudience, type RunAudience } from './run-audience.js';
import { openRunContext, type RunContext } from './run-context.js';
import { createRunDirectory, pointLatestAt, type RunDirectory, removeRunDirectory } from './run-directory.js';
import { RunEvidence } from './run-evidence.js';
import { RunReport } from './run-report.js';
import type { RunRequest } from './run-request.js';
import { openSafetyNet, type SafetyNet } from './safety-net.js';
import { savePlan } from './save-plan.js';
import type { RunServices } from './services.js';
import { findingOf, Stages } from './stages.js';
import { unsteadiness } from './steady-state.js';
import { watchStopFile } from './stop-file.js';
import { SystemUnderTest } from './system-under-test.js';
import { tracesNotices } from './traces-notices.js';
import { Upkeep } from './upkeep.js';
import type { Finding } from './verdict.js';
import { weigh } from './weigh.js';

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

/** One run on its way through its phases, and what they hand on to each other. */
class Run {
  readonly #request: RunRequest;
  readonly #context: RunContext;
  readonly #audience: RunAudience;
  readonly #stages: Stages;
  readonly #upkeep: Upkeep;
  readonly #alerts: AlertStage;
  readonly #evidence: RunEvidence;
  readonly #startedAt = wallNow();
  #environment: Environment;
  #net: SafetyNet | undefined;
  #system: SystemUnderTest | undefined;
  #load: LoadStage | undefined;

  constructor(request: RunRequest, services: RunServices, dir: RunDirectory) {
    this.#request = request;
    this.#environment = request.environment;
    this.#context = openRunContext(request, services, dir);
    this.#audience = openRunAudience(this.#context, request.live);
    const { journal } = this.#context;
    this.#stages = new Stages(journal, request.interruption);
    this.#upkeep = new Upkeep(journal);
    this.#alerts = new AlertStage(this.#context);
    this.#evidence = new RunEvidence(request.plan, services);
  }

  async conduct(): Promise<RunOutcome> {
    const stages = this.#stages;
    try {
      await this.#announce();
      await stages.run('preflight', 'needed', () => this.#preflight());
      await stages.run('cluster-up', 'needed', () => this.#openSystem());
      await stages.run('steady-before', 'needed', () => this.#prepare());
      await stages.run('load', 'needed', () => this.#runLoad());
      if (this.#begun) await this.#afterLoad(this.#begun);
    } finally {
      if (this.#net) await stages.run('cluster-closed', 'always', () => this.#closeEverything());
    }
    if (this.#hasNothingToTell) {
      this.#context.journal.close();
      this.#audience.traces?.abandon();
      throw stages.halted;
    }
    const checks = (await stages.run('check', 'always', async () => this.#check())) ?? [];
    return this.#report(checks);
  }

  /** What follows a load that has begun, however it ended. */
  async #afterLoad(load: LoadStage): Promise<void> {
    const stages = this.#stages;
    await stages.run('heal', 'always', () => this.#heal(load));
    await stages.run('drain', 'always', () => this.#drain(load));
    if (!this.#request.interruption.hurry.aborted) {
      await stages.run('steady-after', 'always', () => this.#settleAfter());
      if (this.#alerts.isWatching)
        await stages.run('alerts-settle', 'always', () => this.#alerts.settle(load));
      await stages.run('final-read', 'always', () => this.#readBack(load));
    }
    // Whoever is in a hurry is told by what was seen until now.
    await this.#alerts.settle(load);
    await stages.run('history-closed', 'always', async () => this.#evidence.openHistory(load));
  }

  /** The load that has begun, if it came to that. */
  get #begun(): LoadStage | undefined {
    return this.#load !== undefined && this.#load.startNs > 0 ? this.#load : undefined;
  }

  get #leftBehind(): readonly UndoRecord[] {
    return this.#net?.leftBehind ?? [];
  }

  get #hasNothingToTell(): boolean {
    return !this.#begun && !this.#context.signal.aborted && this.#leftBehind.length === 0;
  }

  async #announce(): Promise<void> {
    const { plan, runId, dir, journal } = this.#context;
    for (const reporter of this.#audience.listeners) {
      await reporter.onStart?.({ runId, plan, runDir: dir.path, startedAt: this.#startedAt });
    }
    journal.write('run-started', { run: runId, scenario: plan.name, seed: plan.seed });
  }

  async #preflight(): Promise<void> {
    const { plan, runId, scenarioFile, dir, services, interruption, signal, scope } = this.#context;
    const versions = await services.preflight(plan, { progress: this.#request.progress, signal });
    this.#environment = { ...this.#environment, ...versions };
    savePlan(dir, { ...this.#request, environment: this.#environment });
    this.#net = await openSafetyNet(dir, {
      runId,
      scenarioFile,
      ...services.guarding,
      tempDir: services.tempDir,
      onUnguarded: this.#upkeep.onUnguarded,
    });
    const { stopFile } = plan.guards;
    if (stopFile !== undefined) {
      const end = watchStopFile(stopFile, () =>
        interruption.request('interrupted', `the stop file ${stopFile}`),
      );
      scope.add('the watch for the stop file', async () => end());
    }
    await openHandDoor(this.#context, this.#startedAt, this.#net.socket, {
      system: () => this.#system,
      load: () => this.#load,
    });
  }

  async #openSystem(): Promise<void> {
    const { plan, services, journal } = this.#context;
    this.#system = await SystemUnderTest.open({
      ...this.#context,
      undo: (this.#net as SafetyNet).undo,
      onLinkEvent: this.#upkeep.onLinkEvent,
      onNodeEvent: (event) => {
        this.#evidence.nodeEvents.push(event);
        journal.write('node', { ...event });
      },
      needs: historyNeeds(plan, services.checker),
    });
  }

  async #prepare(): Promise<void> {
    const system = this.#system as SystemUnderTest;
    const { cluster, control, steadyState, workDir } = system;
    await system.prepare();
    this.#load = new LoadStage({
      ...this.#context,
      ...{ cluster, control, steadyState, workDir },
      historyDir: this.#context.dir.history,
      undo: (this.#net as SafetyNet).undo,
      reporters: this.#audience.listeners,
      traces: this.#audience.traces,
    });
    await this.#load.prepare();
    await this.#alerts.start(this.#load.metricsUrls, workDir);
  }

  async #runLoad(): Promise<void> {
    this.#system?.watch();
    await this.#load?.run();
  }

  /** Every fault has reverted itself; what it could not gets a second chance. */
  async #heal(load: LoadStage): Promise<void> {
    await load.healAgain();
    await healLeftovers((this.#net as SafetyNet).undo, this.#context.journal);
  }

  async #drain(load: LoadStage): Promise<void> {
    this.#stages.findings.push(...(await load.drain()));
  }

  async #settleAfter(): Promise<void> {
    const look = await this.#system?.settle(this.#request.interruption.hurry);
    if (look && !look.steady) {
      this.#stages.findings.push(unsettledFinding(look.afterNs, unsteadiness(look)));
    }
  }

  async #readBack(load: LoadStage): Promise<void> {
    load.recovery.close();
    await this.#evidence.readBack(load, this.#system as SystemUnderTest, this.#request.interruption.hurry);
  }

  /** Everything that was started goes; what is left then is undone by its record, and what even that leaves is said. */
  async #closeEverything(): Promise<void> {
    // Somebody by hand may be taking it just now: what is closed after that gives it back.
    await this.#system?.lock?.settled();
    for (const { error } of await this.#context.scope.close()) this.#stages.findings.push(findingOf(error));
    await this.#net?.close();
  }

  #check(): CheckResult[] {
    const load = this.#begun;
    if (load === undefined) return [];
    return this.#evidence.check(load, this.#system as SystemUnderTest, this.#context.journal);
  }

  async #report(checks: readonly CheckResult[]): Promise<RunOutcome> {
    const { journal, dir } = this.#context;
    const report = await this.#weigh(checks);
    await this.#stages.run('report', 'always', () => report.write(this.#audience.reporters));
    const { exit, exitCode, headline } = report.result.verdict;
    const { safety } = report.result;
    journal.write('verdict', {
      exit,
      code: exitCode,
      headline,
      ...(safety && { safety: safety.sentence }),
    });
    journal.close();
    pointLatestAt(dir);
    await report.tell(this.#request.live);
    return { result: report.result, runDir: dir.path };
  }

  async #weigh(checks: readonly CheckResult[]): Promise<RunReport> {
    const { plan, services, interruption } = this.#context;
    // Whoever asked for its end while the checks held the thread is heard now.
    await setImmediate();
    const met = this.#findings();
    interruption.reachVerdict();
    const traces = await this.#audience.traces?.end();
    const endedAt = wallNow();
    const alerts = this.#alerts.result;
    const audit = this.#net?.undo.auditHead;
    const loadFacts = (kind: string) => services.loadFacts(kind);
    const measured = measureLoad(this.#load, plan, loadFacts);
    const told = {
      environment: { ...this.#environment, ...this.#load?.servers.versions },
      checks,
      reads: this.#evidence.reads,
      notices: [...(this.#load?.books.notices.all ?? []), ...this.#upkeep.notices, ...tracesNotices(traces)],
      ...(alerts && { alerts }),
      ...(audit && { audit }),
      ...(traces && { traces }),
    };
    return new RunReport((unwritten) =>
      weigh({
        ...{ request: this.#request, startedAt: this.#startedAt, endedAt, measured, told, loadFacts },
        met: [...met, ...unwritten],
        leftBehind: this.#leftBehind,
      }),
    );
  }

  /** Everything that the phases met. */
  #findings(): Finding[] {
    const { journal, interruption } = this.#context;
    const unwritten = journal.failure ?? this.#net?.undo.failure;
    return [
      ...this.#stages.findings,
      ...crashFindings(this.#evidence.nodeEvents),
      ...(interruption.exit === undefined
        ? []
        : [{ exit: interruption.exit, text: interruption.signal.reason.message as string }]),
      ...(unwritten === undefined ? [] : [findingOf(unwritten)]),
    ];
  }
}
