import type { LinkControl } from './links.js';
import type { ServerAccess } from './load.js';
import type { Membership } from './membership.js';
import type { StoreControl, VolumeKind } from './stores.js';
import type { UndoHandlers, UndoRecord } from './undo.js';

/**
 * What a driver lets stormglass do to a cluster. Checked when the scenario is read. `process-control`: kill, pause,
 * start. `process-signals`: the other signals that nats-server understands. `node-isolation`: cut a node off from all others,
 * both ways, silently. `route-links`, `client-links`: cut and bend what goes between nodes, and between our clients and them. `route-shaping`: delay
 * and narrow what goes between nodes.
 * `membership`: add and remove nodes, and start one with another version. `stores`: the nodes' stores are ours, and
 * on this machine. `store-volumes`: each can lie on a file system of its own, of bounded size; `block-volumes`: on a block
 * device of its own. `local-processes`: the servers run on this machine as processes of ours.
 */
export type Capability =
  | 'load'
  | 'process-control'
  | 'process-signals'
  | 'node-isolation'
  | 'route-links'
  | 'route-shaping'
  | 'client-links'
  | 'membership'
  | 'stores'
  | 'store-volumes'
  | 'block-volumes'
  | 'local-processes';

/** A process as it can be recognised again: a pid alone may have been given to another since. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque; equal for the same process only. Linux: start time in clock ticks after boot, and which boot. */
  readonly startedAt: string;
}

export interface ClusterNode {
  readonly name: string;
  /** What the server calls itself, where that is something else: it came in the place of one that was removed. */
  readonly serverName?: string;
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

/** Something that happened to what stands on the links: it was lost, and replaced with all that held, or could not be. */
export interface LinkEvent {
  readonly what: 'lost' | 'replaced' | 'broken';
  readonly detail: string;
}

/** Signals as nats-server understands them: SIGUSR2 begins its lame duck mode, SIGHUP makes it read its settings again. */
export type NodeSignal = 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT' | 'SIGUSR2' | 'SIGHUP';

/** What the operating system, or the container engine, says of a node's process; never what a driver believes. */
export interface ProcessLook {
  readonly state: 'running' | 'paused' | 'down';
  /** Which start of the node this is: another text after another start. Absent while it is down. */
  readonly instance?: string;
  /** For people: `process 4711 runs`. */
  readonly saw: string;
}

/** The system under test, alive. Disposing of it ends what the driver started, and nothing else. */
export interface Cluster extends AsyncDisposable {
  readonly driver: string;
  /** The nodes as they are now: adding and removing nodes changes them. */
  readonly nodes: readonly ClusterNode[];
  readonly capabilities: ReadonlySet<Capability>;
  /** How the load reaches the servers: through the links, where faults are to act on those. */
  readonly access: ServerAccess;
  /** How those who watch reach the servers: past every link that a fault may cut. The same as `access` without such links. */
  readonly observerAccess: ServerAccess;
  /** The system account, in which the servers report about themselves; absent where nobody gave it to us. */
  readonly systemAccess?: ServerAccess;
  /** The node of that name; throws a RangeError when there is none. */
  node(name: string): ClusterNode;
  /** The undo record that brings a stopped node back: data, to be written before the node is stopped. */
  startRecord(name: string): UndoRecord;
  /** The undo record that lets a paused node go on: data, to be written before the node is paused. */
  continueRecord(name: string): UndoRecord;
  /** Sends a signal to the node's process. An end that follows SIGKILL, SIGTERM or SIGUSR2 is expected, no crash. */
  signal(name: string, signal: NodeSignal): Promise<void>;
  /** Starts a node that is down, on its old ports and its old store; resolves when the process runs. Idempotent. */
  startNode(name: string): Promise<void>;
  lookAtProcess(name: string): Promise<ProcessLook>;
  /** What goes between nodes, and between clients and nodes; absent where nothing stands between them. */
  readonly links?: LinkControl;
  readonly membership?: Membership;
  /** The nodes' stores, where they are ours and on this machine. */
  readonly stores?: StoreControl;
  /** How this driver carries out undo records while the run lives: better than their data alone would allow. */
  readonly undoHandlers: Partial<UndoHandlers>;
}

export interface ClusterStartOptions {
  readonly runId: string;
  /** Servers' logs go here, one file a node. */
  readonly logDir: string;
  /** A directory of our own for stores and configuration files, already covered by an undo record. */
  readonly workDir: string;
  readonly signal: AbortSignal;
  readonly onNodeEvent: (event: NodeEvent) => void;
  /** What faults will do to links: those are laid through something that can be cut. */
  readonly links: { readonly routes: boolean; readonly clients: boolean };
  readonly onLinkEvent?: (event: LinkEvent) => void;
  /** Faults will fill or slow the nodes' stores: each lies on a volume of its own, of this kind. */
  readonly volumes?: VolumeKind;
}
