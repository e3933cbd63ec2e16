import { join } from 'node:path';
import { NS, sleep } from '../base/clock.js';
import { StormglassError } from '../base/errors.js';
import { orAborted } from '../base/or-aborted.js';
import type { HistoryPart } from '../contracts/checker.js';
import type { Cluster, LinkEvent, NodeEvent, ProcessIdentity } from '../contracts/cluster.js';
import type { StreamBounds, SystemControl } from '../contracts/control.js';
import type {
  ConsumerFacts,
  ReadBack,
  StreamFacts,
  StreamSpan,
  WriterHistory,
} from '../contracts/history.js';
import type { StreamPlan } from '../contracts/plan/streams.js';
import { createMarkedDirectory } from '../undo/marked-directory.js';
import { ClusterLock } from './cluster-lock.js';
import { ConsumerWatch } from './consumer-watch.js';
import { lendStreams } from './lend-streams.js';
import type { RunContext } from './run-context.js';
import { type Settled, SteadyState, unsteadiness } from './steady-state.js';
import { StreamWatch } from './stream-watch.js';
import type { UndoDesk } from './undo-desk.js';

const LOOKS_FOR_STREAM = 4;
const BETWEEN_LOOKS_MS = 1000;

export interface SystemOptions extends RunContext {
  readonly undo: UndoDesk;
  readonly onNodeEvent: (event: NodeEvent) => void;
  readonly onLinkEvent: (event: LinkEvent) => void;
  /** What the checks will be told. */
  readonly needs: ReadonlySet<HistoryPart>;
}

/** What a run is about, alive: the cluster, the control connection to it, and the run's streams. */
export class SystemUnderTest {
  readonly cluster: Cluster;
  readonly control: SystemControl;
  readonly steadyState: SteadyState;
  /** A directory of the run's own, removed with it. */
  readonly workDir: string;
  /** Of a system that is not the run's own: others may be at it, too. */
  readonly lock: ClusterLock | undefined;
  readonly #options: SystemOptions;
  readonly #streamWatch: StreamWatch;
  readonly #consumerWatch: ConsumerWatch;

  private constructor(options: SystemOptions, workDir: string, cluster: Cluster, control: SystemControl) {
    this.#options = options;
    this.workDir = workDir;
    this.cluster = cluster;
    this.control = control;
    const { plan, runId, services, journal, undo, scope } = options;
    if (plan.cluster.driver === 'external') {
      const { stateDir, self } = services.guarding;
      const { servers } = cluster.access;
      // Without knowing itself, there would be no safety net, and no run.
      const holder = { runId, stateDir, self: self as ProcessIdentity };
      this.lock = new ClusterLock({ ...holder, servers, control, journal, undo, scope });
    }
    const streams = plan.streams.map(({ name }) => name);
    this.#streamWatch = new StreamWatch(control, streams);
    this.#consumerWatch = new ConsumerWatch(control, streams);
    this.steadyState = new SteadyState({
      cluster,
      control,
      streams: plan.streams,
      probes: plan.steadyState.probes,
      createProbe: ({ kind, params }) => services.probeKind(kind).create(params),
    });
  }

  /** Starts the cluster, or finds it, with everything that undoes it written down before. */
  static async open(options: SystemOptions): Promise<SystemUnderTest> {
    const { plan, runId, dir, services, undo, scope, journal, signal, onNodeEvent, onLinkEvent } = options;
    const workDir = join(services.tempDir, `stormglass-${runId}`);
    undo.recordSurroundings(services.clusterUndo(plan, runId, workDir));
    await createMarkedDirectory(workDir, runId);
    const cluster = scope.use(
      'the cluster',
      await services.startCluster(plan, {
        runId,
        logDir: dir.logs,
        workDir,
        signal,
        onNodeEvent,
        links: services.linksFor(plan),
        onLinkEvent,
      }),
    );
    undo.useCluster(cluster);
    const control = scope.use('the control connection', await services.openControl(cluster));
    await control.watchAdvisories((advisory) =>
      journal.write(advisory.kind.endsWith('LEADER_ELECTED') ? 'election' : 'advisory', { ...advisory }),
    );
    return new SystemUnderTest(options, workDir, cluster, control);
  }

  /**
   * Locks the system where the scenario has faults, creates the streams and waits for the first steady state.
   * @throws StormglassError (preflight) when another run has it locked, or without a steady state
   */
  async prepare(): Promise<void> {
    const { plan, runId, undo, scope, signal } = this.#options;
    if (plan.faults.length > 0) await this.lock?.take();
    // A cluster of ours goes as a whole; on servers of somebody else's, our streams are taken away again.
    if (plan.cluster.driver === 'external') {
      const { servers } = this.cluster.observerAccess;
      await lendStreams(plan.streams, { runId, servers, control: this.control, undo, scope });
    } else {
      await this.control.createStreams(plan.streams);
    }
    const look = await this.settle(signal);
    if (!look.steady) {
      throw new StormglassError(
        'preflight',
        `the system is not steady before the load: ${unsteadiness(look)}`,
        {
          hint: 'see the servers with `nats server report jetstream`, or raise `limits.steady`',
        },
      );
    }
    await this.#streamWatch.open();
  }

  /** What the servers say of the streams and of their consumers is asked for from here on, where a check needs it. */
  watch(): void {
    const { needs, scope } = this.#options;
    scope.add('the look at the streams', async () => this.#endWatch());
    if (needs.has('streams')) this.#streamWatch.start();
    if (needs.has('consumers')) this.#consumerWatch.start();
  }

  get streams(): readonly StreamFacts[] {
    return this.#streamWatch.facts;
  }

  get consumers(): readonly ConsumerFacts[] {
    return this.#consumerWatch.facts;
  }

  #endWatch(): void {
    this.#streamWatch.stop();
    this.#consumerWatch.stop();
  }

  /** Waits for a steady state, as long as the plan allows. */
  settle(signal: AbortSignal): Promise<Settled> {
    return this.steadyState.settle(this.#options.plan.limits.steadyNs, signal);
  }

  /** Reads everything that the run has put into its streams, as far as the checks need it, and looks for the last time. */
  async readBack(writers: readonly WriterHistory[], signal: AbortSignal): Promise<ReadBack> {
    const { plan, services, needs, journal } = this.#options;
    try {
      if (!needs.has('reads') && !needs.has('replicas')) return { reads: [], replicas: [] };
      return await services.readBack({
        access: this.cluster.observerAccess,
        nodes: this.cluster.nodes,
        streams: await Promise.all(plan.streams.map((stream) => this.#spanOf(stream, signal))),
        writers,
        timeoutNs: plan.limits.finalReadNs,
        withReplicas: needs.has('replicas'),
        onRead: ({ blocks: _, ...read }, { tookNs, way }) =>
          journal.write('read', { ...read, way, seconds: Math.round(tookNs / NS.ms) / 1000 }),
        signal,
      });
    } finally {
      const looks = [
        ...(needs.has('streams') ? [this.#streamWatch.look()] : []),
        ...(needs.has('consumers') ? [this.#consumerWatch.look()] : []),
      ];
      // Whoever is in a hurry does without.
      await orAborted(Promise.all(looks), signal).catch(() => {});
      this.#endWatch();
    }
  }

  /** A stream that nobody can speak for is still tried: reading it says why it cannot be had. */
  async #spanOf({ name, subjects }: StreamPlan, signal: AbortSignal): Promise<StreamSpan> {
    const facts = this.streams.find(({ stream }) => stream === name);
    const span = {
      stream: name,
      subjects,
      fromSequence: facts?.fromSequence ?? 1,
      replicas: Number(facts?.config.num_replicas ?? 1),
    };
    try {
      const bounds = await orAborted(this.#lastBounds(name), signal);
      return { ...span, throughSequence: bounds?.lastSequence ?? 0, gone: bounds === undefined };
    } catch {
      return { ...span, throughSequence: 0, gone: false };
    }
  }

  /** A meta leader that lags may not know a stream for a moment: all that it held would count as lost. */
  async #lastBounds(name: string): Promise<StreamBounds | undefined> {
    for (let more = LOOKS_FOR_STREAM; more > 0; more--) {
      const bounds = await this.control.streamBounds(name);
      if (bounds !== undefined) return bounds;
      await sleep(BETWEEN_LOOKS_MS);
    }
    return undefined;
  }
}
