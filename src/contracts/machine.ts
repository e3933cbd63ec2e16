import type { ProcessIdentity } from './cluster.js';
import type { FaultLack } from './fault.js';
import type { VolumeKind } from './stores.js';

/** The machine that stormglass runs on, as faults see it: what it has, who uses it, and processes of ours beside the run. */
export interface Machine {
  /** What all its processes have used since it was started, and what it has left. */
  usage(): MachineState;
  /** `undefined` when it has ended. */
  processUsage(process: ProcessIdentity): Promise<ProcessState | undefined>;
  /** Of this process unless told; `undefined` where the system does not say, and for a process that has ended. */
  openFilesLimit(process?: ProcessIdentity): OpenFilesLimit | undefined;
  /** Rejects when the system refuses, and for a process that has ended. */
  setOpenFilesLimit(process: ProcessIdentity, limit: OpenFilesLimit): Promise<void>;
  /** Whether there is such a program on the PATH. */
  hasProgram(name: string): Promise<boolean>;
  /** The processes that a fault of the run has started and that still live: by their mark and the tag among their arguments. */
  findHelpers(runId: string, tag: string): Promise<readonly ProcessIdentity[]>;
  startHelper(options: HelperOptions): Promise<Helper>;
  /** Why no store volume of this kind can be mounted here (a privilege, a program); `undefined` where it can. */
  findVolumeLack(kind: VolumeKind): Promise<FaultLack | undefined>;
  /** Why what is written to a block device cannot be slowed here, beside what mounting one takes. */
  findThrottleLack(): Promise<FaultLack | undefined>;
  /** Why a file system of ours cannot be made to lose its power here. */
  findPowerLossLack(): Promise<FaultLack | undefined>;
}

export interface MachineState {
  /** That this process may run on. */
  readonly cores: number;
  /** Of all cores together, in nanoseconds. */
  readonly busyNs: number;
  /** Memory that could be had without swapping, in the container or control group that we are in. */
  readonly availableBytes: number;
}

export interface ProcessState {
  /** Of all its threads, in nanoseconds. */
  readonly cpuNs: number;
  readonly residentBytes: number;
  /** `null`: this system, or our privileges, do not say. */
  readonly openFiles: number | null;
}

/** `soft` holds, and may be raised to `hard`; Infinity for no limit. */
export interface OpenFilesLimit {
  readonly soft: number;
  readonly hard: number;
}

/**
 * A process of ours that does a fault's work, so that the conductor's own thread is never busy with it. What it is
 * to do goes over its channel, and never stands among its arguments or in its environment: it may hold secrets.
 */
export interface HelperOptions {
  /** The run's id: its mark. */
  readonly runId: string;
  /** Stands among its arguments, for `end-fault-processes`. */
  readonly tag: string;
  /** Plain data, and typed arrays. */
  readonly task: object;
  /** It ends by itself after so long, if nobody has ended it. */
  readonly maxMs: number;
  /** 0 to 19: the higher, the more it leaves to others. */
  readonly niceness?: number;
  /** The processors that it may run on, as taskset takes them: `0`, `0,2-3`. */
  readonly cpus?: string;
  readonly signal: AbortSignal;
}

/** A helper that has said that it is at work. It ends when its channel to us does. */
export interface Helper {
  readonly process: ProcessIdentity;
  /** What it last said of what it does; `undefined` when it has not said anything yet. */
  report(): unknown;
  /** How it has ended, for people; `undefined` while it runs. */
  end(): string | undefined;
}

/** What a helper is told, once. */
export interface ToHelper {
  readonly say: 'begin';
  readonly task: object;
  readonly maxMs: number;
  readonly niceness: number;
}

/** What a helper says. `failed`: it could not begin, or go on, and ends. */
export type FromHelper =
  | { readonly say: 'ready' }
  | { readonly say: 'report'; readonly report: unknown }
  | { readonly say: 'failed'; readonly error: string };
