import type { AlertWatch, AlertWatchTask } from '../contracts/alert.js';
import type { Checker } from '../contracts/checker.js';
import type { Cluster, ClusterNode, ClusterStartOptions } from '../contracts/cluster.js';
import type { SystemControl } from '../contracts/control.js';
import type { FaultKind } from '../contracts/fault.js';
import type { HandFault } from '../contracts/hand.js';
import type {
  ReadBack,
  ReadManner,
  ReplicaRead,
  StreamRead,
  StreamSpan,
  WriterHistory,
} from '../contracts/history.js';
import type { JournalEvent } from '../contracts/journal.js';
import type {
  GeneratorTask,
  LoadFleet,
  LoadFleetListener,
  LoadKindFacts,
  ServerAccess,
} from '../contracts/load.js';
import type { Machine } from '../contracts/machine.js';
import type { MonitorHandle, MonitorListener, MonitorTask } from '../contracts/monitor.js';
import type { FaultPlan } from '../contracts/plan/faults.js';
import type { LoadPlan } from '../contracts/plan/loads.js';
import type { TargetPlan } from '../contracts/plan/target.js';
import type { Plan } from '../contracts/plan.js';
import type { ProbeKind } from '../contracts/probe.js';
import type { Reporter } from '../contracts/reporter.js';
import type { ResourceProbe } from '../contracts/resources.js';
import type { Environment } from '../contracts/run-result.js';
import type { RunTraces } from '../contracts/trace.js';
import type { UndoRecord } from '../contracts/undo.js';
import type { SafetyNetOptions } from './safety-net.js';

/** What the conductor is handed: it knows the phases, and none of the plug-ins. */
export interface RunServices {
  /** Finds or provides what the plan needs and checks ports and privileges; throws a PreflightError. Returns the versions. */
  preflight(
    plan: Plan,
    options: { progress: (line: string) => void; signal: AbortSignal },
  ): Promise<Pick<Environment, 'natsServer'>>;
  /** What undoes the cluster that `startCluster` will start: written down before it is started. */
  clusterUndo(plan: Plan, runId: string, workDir: string): readonly UndoRecord[];
  startCluster(plan: Plan, options: ClusterStartOptions): Promise<Cluster>;
  /** What the faults of the plan will do to links. */
  linksFor(plan: Plan): ClusterStartOptions['links'];
  openControl(cluster: Cluster): Promise<SystemControl>;
  startMonitor(task: MonitorTask, listener: MonitorListener): Promise<MonitorHandle>;
  /** Prometheus, Alertmanager and a webhook, for the alerts that the plan expects. */
  startAlerts(task: AlertWatchTask): Promise<AlertWatch>;
  startFleet(tasks: readonly GeneratorTask[], listener: LoadFleetListener): LoadFleet;
  loadFacts(kind: string): LoadKindFacts;
  /** Makes ready what the workers of a load share; resolves to what takes it away again. */
  prepareLoad(load: LoadPlan, context: PrepareLoadContext): Promise<() => Promise<void>>;
  faultKind(kind: string): FaultKind;
  probeKind(kind: string): ProbeKind;
  /** What faults that act on this machine are handed. */
  readonly machine: Machine;
  /** A fault by hand as it would be planned; rejects with a StormglassError that says what is wrong with it. */
  readHandFault(fault: HandFault, id: string, context: HandFaultContext): Promise<FaultPlan>;
  resolveTargets(
    target: TargetPlan,
    cluster: Cluster,
    control: SystemControl,
    signal: AbortSignal,
  ): Promise<readonly ClusterNode[]>;
  /** Looks at what servers, stormglass and the machine use. */
  readonly resources: ResourceProbe;
  openHistory(files: readonly string[]): readonly WriterHistory[];
  readBack(request: ReadBackRequest): Promise<ReadBack>;
  checker(name: string): Checker;
  reporters(runDir: string): readonly Reporter[];
  /** The traces of a run that has any; `listen` as the journal's. */
  openTraces(context: OpenTracesContext): RunTraces | undefined;
  /** What the watchdog needs to know; `stateDir` is where the runs of this user that are alive, or died, are known. */
  readonly guarding: Pick<SafetyNetOptions, 'stateDir' | 'watchdogEntry' | 'executable' | 'env' | 'self'>;
  /** Where stores and configuration of servers go. */
  readonly tempDir: string;
}

export interface PrepareLoadContext {
  readonly plan: Plan;
  readonly runId: string;
  readonly access: ServerAccess;
  readonly nodes: readonly ClusterNode[];
  /** Notes what takes away what is about to be made, should the run die. */
  recordUndo(record: UndoRecord): void;
  readonly signal: AbortSignal;
}

export interface OpenTracesContext {
  readonly plan: Plan;
  readonly runId: string;
  readonly runDir: string;
  readonly listen: (listener: (event: JournalEvent) => void) => () => void;
}

export interface HandFaultContext {
  readonly plan: Plan;
  readonly scenarioFile: string;
  readonly cluster: Cluster;
  readonly signal: AbortSignal;
}

export interface ReadBackRequest {
  readonly access: ServerAccess;
  /** By whose names replicas are told. */
  readonly nodes: readonly ClusterNode[];
  readonly streams: readonly StreamSpan[];
  readonly writers: readonly WriterHistory[];
  readonly timeoutNs: number;
  /** Every replica's own store is read, too. */
  readonly withReplicas: boolean;
  readonly onRead: (read: StreamRead | ReplicaRead, manner: ReadManner) => void;
  readonly signal: AbortSignal;
}
