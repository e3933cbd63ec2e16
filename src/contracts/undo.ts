import type { ServerAddress } from './load.js';
import type { StoreRepair } from './stores.js';

/**
 * What undoes something, as data: it is on disk before the thing is done, and a process that knows nothing of the
 * run (the watchdog, `stormglass recover`) can carry it out. Carrying it out twice does no harm.
 */
export type UndoRecord =
  | EndMarkedProcesses
  | EndFaultProcesses
  | RemoveDirectory
  | StartNode
  | RemoveNode
  | ContinueProcess
  | RestoreOpenFiles
  | RestoreLinks
  | RunCommand
  | DockerRemove
  | DockerStart
  | DockerUnpause
  | DockerConnect
  | DockerUnshape
  | UnmountVolumes
  | RejoinNode
  | LiftThrottle
  | RemoveStream
  | RemoveStreams
  | ServePage;

/** Carries out one kind of record, verifies it and resolves to what was done or found, for people; rejects with why it could not. */
export type UndoHandlers = {
  readonly [R in UndoRecord as R['kind']]: (record: R) => Promise<string>;
};

interface UndoCommon {
  /** Unique within the run. */
  readonly id: string;
  /** For people: `start node n2 again`. */
  readonly what: string;
  /** For people, when it could not be carried out: the command that does it by hand. */
  readonly manual: string;
  /** The id of a record whose own undoing makes this one pointless (a node of a cluster that is taken down). */
  readonly within?: string;
}

/** Ends every process that carries the run's mark in its environment (STORMGLASS_RUN=<mark>). */
export interface EndMarkedProcesses extends UndoCommon {
  readonly kind: 'end-marked-processes';
  readonly mark: string;
}

/** Ends the processes that a fault started: they carry the run's mark, and the tag among their arguments. */
export interface EndFaultProcesses extends UndoCommon {
  readonly kind: 'end-fault-processes';
  readonly mark: string;
  readonly tag: string;
}

/** Removes a directory that holds a file `.stormglass-run` with the mark in it; refuses any other. */
export interface RemoveDirectory extends UndoCommon {
  readonly kind: 'remove-directory';
  readonly path: string;
  readonly mark: string;
}

/** Starts a server again, as it was started before. */
export interface StartNode extends UndoCommon {
  readonly kind: 'start-node';
  readonly node: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly mark: string;
  readonly logFile: string;
}

/**
 * Takes a server away that a run added to a cluster of its own: ends its process, and has the others no longer count
 * it. The system account, which that takes, is the living run's: without it, it is only looked at whether they still do.
 */
export interface RemoveNode extends UndoCommon {
  readonly kind: 'remove-node';
  readonly node: string;
  /** What the server calls itself. */
  readonly serverName: string;
  /** An argument that its process alone has: its configuration file. */
  readonly argument: string;
  readonly mark: string;
  /** Where the other nodes say who belongs to them. */
  readonly monitorUrls: readonly string[];
}

/** Sends SIGCONT to a process that was stopped. */
export interface ContinueProcess extends UndoCommon {
  readonly kind: 'continue-process';
  readonly pid: number;
  readonly startedAt: string;
}

/** Gives a process back the number of files that it might have open; no number stands for no limit. */
export interface RestoreOpenFiles extends UndoCommon {
  readonly kind: 'restore-open-files';
  readonly pid: number;
  readonly startedAt: string;
  readonly soft?: number;
  readonly hard?: number;
}

/** Takes an effect off the proxies of a Toxiproxy: its toxics by their names, and enables those that it disabled. */
export interface RestoreLinks extends UndoCommon {
  readonly kind: 'restore-links';
  /** Of Toxiproxy's control API: `http://127.0.0.1:8474`. */
  readonly url: string;
  readonly effect: string;
  readonly proxies: readonly {
    readonly proxy: string;
    readonly toxics: readonly string[];
    readonly enable: boolean;
  }[];
}

/** Runs a command that the user gave as the undoing of another; ended, with all it started, after its time. */
export interface RunCommand extends UndoCommon {
  readonly kind: 'run-command';
  /** The program and its arguments; no shell. */
  readonly command: readonly string[];
  readonly cwd: string;
  /** All of its environment; that of whoever carries it out unless given. */
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Ends with one of these codes when there is nothing to undo: asked before, and until it does so after. */
  readonly check?: { readonly command: readonly string[]; readonly codes: readonly number[] };
}

/** Unmounts every file system at or below a directory that holds the mark; never lazily. To be done when its servers have ended. */
export interface UnmountVolumes extends UndoCommon {
  readonly kind: 'unmount-volumes';
  readonly root: string;
  readonly mark: string;
}

/**
 * Ends a server if it runs, removes and puts back files below a directory that holds the mark, and starts the server as
 * it was started before. Where its monitoring endpoint is given, waits a while for it to have caught up.
 */
export interface RejoinNode extends UndoCommon, StoreRepair {
  readonly kind: 'rejoin-node';
  readonly node: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly mark: string;
  readonly logFile: string;
  readonly root: string;
  readonly monitorUrl?: string;
}

/** Takes every bound on writing off a block device, as long as it is the one mounted there, below a directory that holds the mark. */
export interface LiftThrottle extends UndoCommon {
  readonly kind: 'lift-throttle';
  /** `7:0`, as mountinfo names it. */
  readonly device: string;
  readonly mountPoint: string;
  readonly root: string;
  readonly mark: string;
}

/** Removes every container, network and volume of a Docker engine that is labelled `stormglass.run=<mark>`. */
export interface DockerRemove extends UndoCommon {
  readonly kind: 'docker-remove';
  /** `unix:///var/run/docker.sock`, `tcp://127.0.0.1:2375` */
  readonly engine: string;
  readonly mark: string;
}

/** Starts a container that is down. */
export interface DockerStart extends UndoCommon {
  readonly kind: 'docker-start';
  readonly engine: string;
  /** Its id or its exact name. */
  readonly container: string;
}

/** Lets a container go on that was paused. */
export interface DockerUnpause extends UndoCommon {
  readonly kind: 'docker-unpause';
  readonly engine: string;
  readonly container: string;
}

/** Makes a container part of a network again that it was cut off from by an effect. */
export interface DockerConnect extends UndoCommon {
  readonly kind: 'docker-connect';
  readonly engine: string;
  readonly container: string;
  readonly network: string;
  /** Its name within that network. */
  readonly alias: string;
  readonly effect: string;
}

/** Lets a container send into a network as fast as it can again, whatever slowed it down there. */
export interface DockerUnshape extends UndoCommon {
  readonly kind: 'docker-unshape';
  readonly engine: string;
  readonly container: string;
  readonly network: string;
  readonly effect: string;
}

/** Removes a stream that the run created on servers of somebody else's, known by the mark in its metadata. */
export interface RemoveStream extends UndoCommon {
  readonly kind: 'remove-stream';
  readonly stream: string;
  /** Without credentials, which are never written down: where they are needed, this is left to be done by hand. */
  readonly servers: readonly ServerAddress[];
  readonly mark: string;
}

/** Removes every stream whose name begins so and that carries the mark in its metadata. */
export interface RemoveStreams extends UndoCommon {
  readonly kind: 'remove-streams';
  readonly prefix: string;
  /** Without credentials; see RemoveStream. */
  readonly servers: readonly ServerAddress[];
  readonly mark: string;
}

/** Serves a page of the run's monitor again. It is the living run's: with a run that has died, its monitor has ended. */
export interface ServePage extends UndoCommon {
  readonly kind: 'serve-page';
  readonly url: string;
}

export interface UndoOutcome {
  readonly record: UndoRecord;
  readonly undone: boolean;
  /** What was done or found, or why it could not be done. */
  readonly detail: string;
}
