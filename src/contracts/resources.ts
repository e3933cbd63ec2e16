import type { ClusterNode } from './cluster.js';

/**
 * What was used by whom between two looks, about a second apart. `null`: this system does not say. Times are monotonic
 * nanoseconds; a CPU time is that of one core, so that its share of the interval is above 1 for what uses several.
 */
export type ResourceSample = ServerSample | WorkerSample | ProcessSample | MachineSample;

/** Whom the engine asks once a second. Every call has a deadline. */
export interface ResourceProbe {
  /** `undefined` while the node is down, and where nobody can say. */
  server(node: ClusterNode): Promise<ServerReading | undefined>;
  process(): Promise<ProcessReading>;
  /** A process of ours beside that one; `undefined` when it has ended. */
  generatorProcess(pid: number): Promise<ProcessReading | undefined>;
  machine(): MachineReading;
}

/** What a server has used since it was started; `null`: nobody says. */
export interface ServerReading extends Omit<ServerSample, 'of' | 'node' | 'startNs' | 'endNs'> {
  /** Changes when it was started anew: its counts begin again then. */
  readonly startedAt: string;
  /** Cores in use right now, where `cpuNs` is not counted. */
  readonly cpuShare: number | null;
}

/** What stormglass, or a generator process, has used since it was started. */
export type ProcessReading = Omit<ProcessSample, 'of' | 'generator' | 'startNs' | 'endNs'>;

/** What the machine has used since it was started. */
export type MachineReading = Omit<MachineSample, 'of' | 'startNs' | 'endNs'>;

interface Interval {
  readonly startNs: number;
  readonly endNs: number;
}

/** One server of the system under test. */
export interface ServerSample extends Interval {
  readonly of: 'server';
  readonly node: string;
  /** Where it is from: the kernel's account of the process, or the server's own word. */
  readonly source: 'process' | 'varz';
  readonly cpuNs: number | null;
  readonly residentBytes: number | null;
  readonly openFiles: number | null;
  readonly connections: number | null;
  /** What its store holds. */
  readonly storeBytes: number | null;
  /** What the file system of its store has left. */
  readonly freeBytes: number | null;
  /** From and to the disk within the interval. */
  readonly readBytes: number | null;
  readonly writtenBytes: number | null;
}

/** One thread of ours, as it saw itself. */
export interface WorkerSample extends Interval {
  readonly of: 'worker';
  readonly role: 'generator' | 'monitor' | 'conductor';
  /** The generator's load; '' for the others. */
  readonly load: string;
  readonly worker: number;
  /** On a core. */
  readonly cpuNs: number | null;
  /** Ready to run, and no core was free. */
  readonly runQueueNs: number | null;
  /** Not waiting for events: what the event loop's utilisation is made of. */
  readonly activeNs: number;
  /** How much later than they were set timers came. */
  readonly loopDelayP99Ns: number;
  readonly loopDelayMaxNs: number;
  readonly gcPauses: number;
  readonly gcNs: number;
  readonly gcMaxNs: number;
  readonly heapBytes: number;
  readonly heapLimitBytes: number;
  /** Outside of the heap, for buffers. */
  readonly externalBytes: number;
  readonly connections: number;
  /** How long a socket held bytes back that the kernel did not take: the mean over its connections. */
  readonly socketHeldNs: number;
}

/** All of stormglass, or of a generator process beside it: its threads, those of Node itself, its memory and its files. */
export interface ProcessSample extends Interval {
  readonly of: 'process';
  /** `fleet 3`, load and worker, of a generator process; absent for stormglass itself. */
  readonly generator?: string;
  readonly cpuNs: number;
  readonly residentBytes: number;
  readonly openFiles: number | null;
  readonly openFilesLimit: number | null;
}

/** The machine that stormglass runs on. */
export interface MachineSample extends Interval {
  readonly of: 'machine';
  readonly cores: number;
  /** Of all cores together, by whomever. */
  readonly busyNs: number;
  /** Taken by the host of a virtual machine while something here was ready to run. */
  readonly stolenNs: number | null;
  readonly availableBytes: number;
}

/**
 * The figures of a second, as they are charted and summed up. Shares are of one core's time, but `machineShare` and
 * `stolenShare`, which are of all cores' time.
 */
export const RESOURCE_FIGURES = [
  'cpuShare',
  'runQueueShare',
  'loopShare',
  'loopDelayP99Ns',
  'loopDelayMaxNs',
  'gcShare',
  'gcMaxNs',
  'gcPauses',
  'heapBytes',
  'heapShare',
  'externalBytes',
  'socketHeldShare',
  'residentBytes',
  'availableBytes',
  'openFiles',
  'openFilesShare',
  'connections',
  'storeBytes',
  'freeBytes',
  'readBytesPerSec',
  'writtenBytesPerSec',
  'machineShare',
  'stolenShare',
] as const;
export type ResourceFigure = (typeof RESOURCE_FIGURES)[number];

export type ResourceUserKind = 'server' | 'generator' | 'monitor' | 'conductor' | 'process' | 'machine';

/** Whose figures they are. */
export interface ResourceUser {
  readonly kind: ResourceUserKind;
  /** `n1`; `orders 0`, load and worker, of a thread and of a process that it has to itself; else the kind. */
  readonly name: string;
}

/** What one of them used while the load ran. */
export interface ResourceUse extends ResourceUser {
  /** How many looks there were. */
  readonly samples: number;
  readonly figures: Readonly<Partial<Record<ResourceFigure, FigureSummary>>>;
}

export interface FigureSummary {
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  readonly last: number;
}

/** What one of them used over time. */
export interface ResourceRows extends ResourceUser {
  readonly rows: readonly ResourceRow[];
}

export interface ResourceRow {
  /** Seconds since the start of the load, at the start of the row. */
  readonly t: number;
  /** Means over the row; delays, pauses and what is counted in bytes or files: the greatest. */
  readonly figures: Readonly<Partial<Record<ResourceFigure, number>>>;
}

/** How well the clock and the timers of this machine serve a measurement; looked at before each load. */
export interface ClockFigures {
  /** The least step that the clock was seen to make. */
  readonly granularityNs: number;
  /** What one reading of it takes: the median. */
  readonly readNs: number;
  /** How far a time between two readings can be off: two steps, two readings, and the microsecond of a stamp. */
  readonly errorNs: number;
  /** How much later than asked a timer of a millisecond comes. */
  readonly timerLateP50Ns: number;
  readonly timerLateP99Ns: number;
}

/** What limited a load, as far as the samples tell. */
export interface LoadLimit {
  readonly load: string;
  /** `schedule`: nothing did, it kept its schedule. `unknown`: it fell behind, and nothing that was measured says why. */
  readonly by: 'schedule' | 'system' | 'generator' | 'unknown';
  /** One sentence with the figures. */
  readonly text: string;
}

export interface ResourcesResult {
  /** Absent when the run ended before it was looked at. */
  readonly clock?: ClockFigures;
  readonly cores: number;
  readonly users: readonly ResourceUse[];
  readonly limits: readonly LoadLimit[];
  /** Length of a row. */
  readonly rowNs: number;
  readonly timeline: readonly ResourceRows[];
}
