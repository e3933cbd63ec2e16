import type { z } from 'zod';
import type { Random } from '../base/random.js';
import type { ClusterNode } from '../contracts/cluster.js';
import type {
  Crowd,
  EventTokens,
  EventWriter,
  LoadKindFacts,
  LoadProblem,
  LoadScene,
  ServerAccess,
} from '../contracts/load.js';
import type { EventKind } from '../contracts/plan/events.js';
import type { LoadPlan } from '../contracts/plan/loads.js';
import type { StreamPlan } from '../contracts/plan/streams.js';
import type { UndoRecord } from '../contracts/undo.js';
import type { LoadRecorder } from '../metrics/load-recorder.js';
import type { ReceiveTracer } from '../traces/receive-tracer.js';
import type { WireConnection, WireConnectionOptions, WireListener } from '../wire/connection.js';
import type { Outlet } from './backlog.js';
import type { EventTracer } from './event-tracer.js';
import type { LibraryConnection } from './library-connection.js';
import type { NoticeBook } from './notice-book.js';
import type { Pacer } from './pacer.js';

/** A kind of load, as the map of plug-ins holds it. */
export interface LoadKind {
  readonly kind: string;
  /** One line for --help and the docs. */
  readonly summary: string;
  readonly facts: LoadKindFacts;
  /** The kind's own parameters; the common ones (name, rate, stages, …) are the scenario's. */
  readonly schema: z.ZodObject;
  /** The parameters with paths that are good everywhere, for a kind that names files of the user's. */
  locatePaths?(
    params: Readonly<Record<string, unknown>>,
    locate: (path: string) => string,
  ): Readonly<Record<string, unknown>>;
  /** What is wrong with such a load in its scenario, that its schema alone cannot tell. */
  findProblems?(load: LoadPlan, scene: LoadScene): readonly LoadProblem[];
  /** What it loads beside the cluster, `host:port`, unless that is this machine: the command line must consent to it. */
  foreignAddress?(load: LoadPlan): string | undefined;
  /** Streams that this load needs beside those of the scenario, such as the one behind a bucket: made with the others. */
  streams?(load: LoadPlan, scene: LoadScene): readonly StreamPlan[];
  /** What it reads from that other loads may read from, too: `STREAM > CONSUMER`. */
  consumers?(load: LoadPlan): readonly string[];
  /**
   * Makes ready what all workers of the load share (consumers, prefilled data), before any of them is started; once a
   * load, in the conductor's thread. Resolves to what takes it away again, which a run that ends calls. Rejects with a
   * PreflightError for what a user can do something about.
   */
  prepare?(load: LoadPlan, context: PrepareContext): Promise<() => Promise<void>>;
  /** Such a load is all in `prepare`: nothing is asked of it while the others run. */
  preparesOnly?(load: LoadPlan): boolean;
  create(setting: TrafficSetting): Traffic;
}

export interface PrepareContext {
  readonly runId: string;
  readonly seed: number;
  readonly access: ServerAccess;
  readonly nodes: readonly ClusterNode[];
  /** How many files a process has open and may have, this one unless told; `null` where nobody says. */
  openFiles?(pid?: number): Promise<{ readonly open: number | null; readonly limit: number | null }>;
  readonly scene: LoadScene;
  /** Notes, on the disk when it returns, what takes away what is about to be made, should the run die. */
  recordUndo(record: UndoRecord): void;
  readonly signal: AbortSignal;
}

/** What a worker hands to the kind of load that it runs. */
export interface TrafficSetting {
  readonly runId: string;
  readonly load: LoadPlan;
  /** The kinds of event that the load's domains select; never empty for kinds that send events. */
  readonly events: readonly EventKind[];
  readonly worker: number;
  readonly writer: number;
  readonly eventTokens: EventTokens;
  /** The worker's own stream. */
  readonly random: Random;
  /** For streams that workers share. */
  readonly seed: number;
  /** For kinds with a history, unless it is not wanted. */
  readonly historyFile?: string;
  /**
   * A connection to the load's servers, not yet opened; the listener is the kind's own. A kind may have several: all
   * of a worker's count together, and what they meet is noticed. The `nth` of them begins with the nth server after
   * that of the worker's first. None is sent its own messages back, unless it asks for that.
   */
  connection(listener: WireListener, nth?: number, manners?: ConnectionManners): WireConnection;
  /** For connections that the kind looks after by itself: what they meet is its own to notice. */
  readonly access: ServerAccess;
  /** What the servers shall list every connection of this worker as. */
  readonly connectionName: string;
  /** A connection of the client library, open, for kinds that make calls instead of frames. */
  library(): Promise<LibraryConnection>;
  readonly notices: NoticeBook;
  /** Records what the worker sends, and what it receives; absent where nothing is traced. */
  readonly tracer?: EventTracer;
  readonly receiveTracer?: ReceiveTracer;
  /** All of the run that write events. */
  readonly writers: readonly EventWriter[];
  /** Where the run's monitor serves its metrics; absent when there is none. */
  readonly metricsUrl?: string;
  /** There may be room for more than before, in the window or the socket, or a connection again. */
  readonly onRoom: () => void;
}

/** What a connection of a load may do otherwise than most. */
export type ConnectionManners = Pick<WireConnectionOptions, 'echo' | 'pingEveryMs'>;

/** One worker's traffic: what the kind makes of operations that are due. */
export interface Traffic extends Outlet {
  /** Connects and builds the frames; throws what a user can do something about. */
  open(): Promise<void>;
  /** Called once, before the first operation. */
  begin(run: TrafficRun): void;
  /** Operations sent and without an outcome; for a kind that follows, more than none while it is not yet done. */
  readonly inFlight: number;
  /** For kinds of many clients: how many there are, known once open. */
  readonly crowd?: Crowd;
  /** Payload bytes of an operation on average, known once open: what a rate in bytes a second is made of. */
  readonly meanBytes?: number;
  /**
   * Ends operations whose time for an answer was over at `byNs`: everything that had arrived by then has been read.
   * Called at least twenty times a second.
   */
  expire(byNs: number): void;
  /**
   * For kinds that keep their own time: does what is due at `nowNs`, and returns when, monotonic, it wants to be called
   * again at the latest. Called about once a millisecond when that is soon; the load ends when the kind is idle.
   */
  beat?(nowNs: number): number;
  /** The schedule is over: nothing new begins. Called once; the load ends when nothing is in flight. */
  windDown?(nowNs: number): void;
  /** The load is told to end now, before its schedule is over or while it winds down. */
  stop?(nowNs: number): void;
  /** Hands what was recorded to the operating system; called about once a second. */
  flush(): void;
  /** Ends the connection and the history. */
  close(): Promise<void>;
}

export interface TrafficRun {
  readonly pacer: Pacer;
  /** When this load's schedule begins, monotonic. */
  readonly startNs: number;
  readonly recorder: LoadRecorder;
}
