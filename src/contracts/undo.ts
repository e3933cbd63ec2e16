import type { ServerAddress } from './load.js';

/**
 * What undoes something, as data: it is on disk before the thing is done, and a process that knows nothing of the
 * run (the watchdog, `stormglass recover`) can carry it out. Carrying it out twice does no harm.
 */
export type UndoRecord =
  | EndMarkedProcesses
  | EndFaultProcesses
  | RemoveDirectory
  | StartNode
  | ContinueProcess
  | RestoreLinks
  | RunCommand
  | RemoveStream
  | RemoveStreams;

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

/** Sends SIGCONT to a process that was stopped. */
export interface ContinueProcess extends UndoCommon {
  readonly kind: 'continue-process';
  readonly pid: number;
  readonly startedAt: string;
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
  readonly timeoutMs: number;
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

export interface UndoOutcome {
  readonly record: UndoRecord;
  readonly undone: boolean;
  /** What was done or found, or why it could not be done. */
  readonly detail: string;
}
