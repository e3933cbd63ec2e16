import type { ServerAccess } from './load.js';
import type { UndoRecord } from './undo.js';

/** What a cluster, or this machine, lets stormglass do. Checked before anything starts. */
export type Capability = 'load' | 'process-control';

/** A process as it can be recognised again: a pid alone may have been given to another since. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque; equal for the same process only. Linux: start time in clock ticks after boot. */
  readonly startedAt: string;
}

export interface ClusterNode {
  readonly name: string;
  readonly host: string;
  readonly clientPort: number;
  /** `http://127.0.0.1:8222`; absent when the server's monitoring endpoint is not known. */
  readonly monitorUrl?: string;
  /** The running process, where the driver has one; absent while the node is down. */
  readonly process?: ProcessIdentity;
  /** Where its streams are kept, when that is on this machine and known. */
  readonly storeDir?: string;
}

/** Something that happened to a node: for the journal, and for the verdict where it was not asked for. */
export interface NodeEvent {
  readonly node: string;
  readonly what: 'started' | 'ready' | 'ended' | 'crashed';
  /** Exit code or signal, and the last lines of the log for a crash. */
  readonly detail?: string;
}

/** The system under test, alive. Disposing of it ends what the driver started, and nothing else. */
export interface Cluster extends AsyncDisposable {
  readonly driver: string;
  readonly nodes: readonly ClusterNode[];
  readonly capabilities: ReadonlySet<Capability>;
  readonly access: ServerAccess;
  /** The system account, in which the servers report about themselves; absent where nobody gave it to us. */
  readonly systemAccess?: ServerAccess;
  /** The node of that name; throws a RangeError when there is none. */
  node(name: string): ClusterNode;
  /** The undo record that brings a stopped node back: data, to be written before the node is stopped. */
  startRecord(name: string): UndoRecord;
  /** Sends a signal to the node's process. An end that follows SIGKILL or SIGTERM is expected, no crash. */
  signal(name: string, signal: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT'): Promise<void>;
  /** Starts a node that is down, on its old ports and its old store; resolves when the process runs. Idempotent. */
  startNode(name: string): Promise<void>;
}

export interface ClusterStartOptions {
  readonly runId: string;
  /** Servers' logs go here, one file a node. */
  readonly logDir: string;
  /** A directory of our own for stores and configuration files, already covered by an undo record. */
  readonly workDir: string;
  readonly signal: AbortSignal;
  readonly onNodeEvent: (event: NodeEvent) => void;
}
