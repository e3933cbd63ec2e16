import type { HistogramSnapshot } from './histogram.js';
import type { OperationKind } from './history.js';
import type { EventKind } from './plan/events.js';
import type { LoadPlan } from './plan/loads.js';
import type { PhaseName } from './plan/phase.js';
import type { ScheduleMode } from './plan/schedule.js';
import type { StreamPlan } from './plan/streams.js';
import type { WorkerSample } from './resources.js';
import type { SpanReport, TraceTask } from './trace.js';

/**
 * Where to reach the servers of one system, and who we are to them: plain data, so that it can go to a worker
 * thread. It holds secrets: it is never written anywhere. At most one of password, token and NKey is given.
 */
export interface ServerAccess {
  readonly servers: readonly ServerAddress[];
  readonly user?: string;
  readonly password?: string;
  readonly token?: string;
  /** Seed of an NKey, `SU…`: signs the nonce with which a server greets. */
  readonly nkeySeed?: string;
  /** User JWT of a credentials file; `nkeySeed` is the seed of its user. */
  readonly jwt?: string;
  /** How TLS is spoken. Without it, TLS is spoken where the server demands it, by the CAs that Node trusts. */
  readonly tls?: TlsAccess;
}

/** TLS, as PEM texts; with this present, a connection without TLS is refused. */
export interface TlsAccess {
  /** The CAs to trust, instead of those that Node trusts. */
  readonly ca?: string;
  /** The client's certificate (with its chain) and its private key: both or none. */
  readonly cert?: string;
  readonly key?: string;
  /** The name that the server's certificate must be for; the host of the address unless told. */
  readonly serverName?: string;
  /** Whether the server's certificate is verified; true unless told. */
  readonly verify?: boolean;
  /** TLS begins at once, before the server's INFO: for servers with `handshake_first`. */
  readonly handshakeFirst?: boolean;
}

export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * What a generator counts, per phase:
 * `due` operations the schedule asked for; `sent` handed to the socket; `ok` acknowledged (for core publishes:
 * written to the socket and the socket drained); `failed` certainly did not happen; `unknown` may have happened;
 * `blocked` waited for the socket, the window or a reconnection before they were sent (the system's doing);
 * `unsent` waited so and overflowed the backlog; `dropped` not sent because this generator itself was late;
 * `bytes` payload bytes sent, or received by a load that only listens; `reply_bytes` those of the replies to requests;
 * `messages` those that the `ok` events of a load went in which sends several in one, 0 where each is its own;
 * `duplicates` acknowledged as duplicates; `misses` reads that found nothing, and
 * `conflicts` compare-and-sets that another writer had overtaken (both are answers, and `ok`); `redelivered` those of a
 * consumer's deliveries that were not the first of their message; `received` by the monitor, or by the load itself;
 * `lost` ok and not received (in the report of an interval: gaps in a writer's sequence).
 * due = sent + unsent + dropped + what still waits; sent = ok + failed + unknown + what is still in flight.
 */
export const LOAD_COUNTERS = [
  'due',
  'sent',
  'ok',
  'failed',
  'unknown',
  'blocked',
  'unsent',
  'dropped',
  'bytes',
  'messages',
  'reply_bytes',
  'duplicates',
  'misses',
  'conflicts',
  'redelivered',
  'received',
  'lost',
] as const;
export type LoadCounter = (typeof LOAD_COUNTERS)[number];

/**
 * `ack_latency` due → acknowledged; those refused, unknown or unsent are in it at the time they waited, as censored.
 * `service_time` sent → acknowledged, of those that were sent, censored alike: `ack_latency` without the wait before the
 * send. `schedule_delay` due → handed to the socket, only for operations that nothing but this generator held up. `lag`
 * due → received by the monitor, or by the load itself. `drain_time` from when a load began to consume until it had
 * caught up for the first time, once a consumer and worker; censored when it never had. All nanoseconds.
 */
export const LOAD_MEASURES = ['ack_latency', 'service_time', 'schedule_delay', 'lag', 'drain_time'] as const;
export type LoadMeasure = (typeof LOAD_MEASURES)[number];

/** What one worker saw of one load since its last report; about one a second, and one when it ends. */
export interface IntervalReport {
  readonly load: string;
  /** Worker index within the load; −1 for the monitor. */
  readonly worker: number;
  /** Monotonic; intervals of a worker touch. */
  readonly startNs: number;
  readonly endNs: number;
  readonly phases: readonly PhaseReport[];
  readonly troubles: readonly Trouble[];
  /** Operations due or in flight and not yet finished, at the end of the interval. */
  readonly pending: number;
}

/** An operation belongs to the phase in which it was due. */
export interface PhaseReport {
  readonly phase: PhaseName;
  readonly counters: Readonly<Partial<Record<LoadCounter, number>>>;
  readonly histograms: Readonly<Partial<Record<LoadMeasure, HistogramSnapshot>>>;
}

/**
 * A stretch in which acknowledged operations were in trouble: failed, unknown, unsent, or answered later than the
 * load's `overdue` bound. Due times, monotonic ns. Two troubled operations less than ten seconds apart (by due
 * time) belong to the same stretch. A worker reports a stretch again when it has grown: a report takes the place of
 * those before it that it covers.
 */
export interface Trouble {
  readonly firstDueNs: number;
  readonly lastDueNs: number;
  readonly operations: number;
  /** When the first of them had its end (or became overdue). */
  readonly noticedNs: number;
  /** Why the first of them was in trouble: `overdue`, or the reason of a failure. */
  readonly reason: string;
}

/** Something a connection of the load met: never swallowed, counted by kind and first text. */
export interface LoadNotice {
  readonly load: string;
  readonly worker: number;
  /** `note`: something worth knowing that is no trouble. */
  readonly kind:
    | 'disconnected'
    | 'reconnected'
    | 'server-error'
    | 'permission-violation'
    | 'slow-consumer'
    | 'operation-error'
    | 'note';
  readonly text: string;
  readonly atNs: number;
  /** How many of this kind and text since the last report. */
  readonly count: number;
}

/** The task of one generator thread: structured-cloneable. */
export interface GeneratorTask {
  readonly runId: string;
  readonly seed: number;
  readonly load: LoadPlan;
  readonly events: readonly EventKind[];
  readonly worker: number;
  /** Identifies this thread's events among all of the run's: 0..65535. */
  readonly writer: number;
  /** Where in a subject the domain and the type of its event stand, counted from 0. */
  readonly eventTokens: EventTokens;
  readonly access: ServerAccess;
  /** The name under which the servers list this thread's connection. */
  readonly connectionName: string;
  /** See `PhaseClock` in metrics. */
  readonly phaseClock: SharedArrayBuffer;
  /** Where this writer's history goes; absent for kinds that promise nothing, and where none is wanted. */
  readonly historyFile?: string;
  /** All of the run that write events: a load that listens knows by them whose every event it must receive. */
  readonly writers?: readonly EventWriter[];
  /** Absent: it traces nothing. */
  readonly trace?: TraceTask;
  /** Where the run's monitor serves its metrics. */
  readonly metricsUrl?: string;
}

export interface EventTokens {
  readonly domain: number;
  readonly type: number;
}

export interface EventWriter {
  readonly writer: number;
  /** All that its events may go to. */
  readonly subjects: readonly string[];
}

/** Clients of a worker, or of a load: agents, and what they take. */
export interface Crowd {
  readonly agents: number;
  readonly sockets: number;
  /** That stormglass keeps of one agent, beside its socket if it has one. */
  readonly bytesPerAgent: number;
}

export interface GeneratorProcess {
  /** `fleet 3`: load and worker. */
  readonly name: string;
  readonly pid: number;
}

/** All generators of a run, as the conductor sees them. */
export interface LoadFleet extends AsyncDisposable {
  /** The workers that have a process of their own. */
  readonly processes: readonly GeneratorProcess[];
  /** Resolves when every worker is connected and has its frames built; rejects with what one of them met. */
  ready(): Promise<void>;
  /** Starts every schedule at this monotonic time. */
  start(atNs: number): void;
  /** Workers that share no memory with us learn by it that a phase begins; see `PhaseClock.begin`. */
  beginPhase(phase: Exclude<PhaseName, 'warm-up'>, atNs: number): void;
  /** Stops issuing operations now; those in flight are still waited for. */
  stop(): void;
  /**
   * Resolves when every operation has an outcome (or its timeout) and every last report was delivered; rejects, when
   * all workers have ended, with what one of them met.
   */
  finished(): Promise<void>;
  /** Never resolves; rejects as soon as a worker fails. */
  failed(): Promise<never>;
}

export interface LoadFleetListener {
  onReport(report: IntervalReport): void;
  onNotice(notice: LoadNotice): void;
  /** Before a worker of many clients is ready; `apart`: it has a process of its own. */
  onCrowd?(load: string, crowd: Crowd, apart: boolean): void;
  /** After each report of a worker: what its thread used meanwhile. */
  onSample?(sample: WorkerSample): void;
  /** After a report of a worker that traces. */
  onSpans?(report: SpanReport): void;
}

/** What the planner must know of a kind of load. */
export interface LoadKindFacts {
  /** The operations of this kind are answered, so that they have `ack_latency` and can be in trouble. */
  readonly acknowledged: boolean;
  /** The kinds of operation that its history holds, which the checks read; none for one that promises nothing. */
  readonly history: readonly OperationKind[];
  /** Its operations are events of the mix: it takes `domains`, and the monitor counts what arrives. */
  readonly events: boolean;
  /** The bodies of its events are what the mix says, and nothing else. */
  readonly bodiesOfMix?: true;
  /** It begins traces, where a run has any: others at most record that they received what belongs to one. */
  readonly beginsTraces?: true;
  /** False for a kind of events whose subjects the monitor does not see, or that only listens; as `events` unless told. */
  readonly monitored?: boolean;
  /** False when its operations are no messages, which the servers' counters could confirm; true unless told. */
  readonly messages?: boolean;
  /** The subjects must be captured by one of the scenario's streams. */
  readonly needsStream: boolean;
  /** The schedules that it can keep. */
  readonly schedules: readonly ScheduleMode[];
  /** How many writers of events a worker of such a load is, numbered on from its first; 1 unless told. */
  writersOf?(load: LoadPlan): number;
  /** How many sockets a worker of such a load opens; few, unless told. */
  socketsOf?(load: LoadPlan, worker: number): number;
  /** What it measures or counts that a load of its sort mostly does not: `drain_time`. */
  readonly measures?: readonly (LoadMeasure | LoadCounter)[];
  /** What a load so described cannot count or measure, though its kind can, and why: `in a queue group …`. */
  uncounted?(
    load: LoadPlan,
  ): { readonly counters: readonly (LoadCounter | LoadMeasure)[]; readonly why: string } | undefined;
}

/** The rest of the scenario, as far as a load may depend on it. */
export interface LoadScene {
  readonly streams: readonly StreamPlan[];
  readonly events: readonly EventKind[];
  readonly loads: readonly LoadPlan[];
  /** The streams may exist already, on servers that we did not start. */
  readonly isExternal: boolean;
  /** Where streams keep their messages unless they say so. */
  readonly defaultStorage: 'file' | 'memory';
  /** How many servers there are, and whether they have JetStream; absent where nobody knows before they run. */
  readonly nodes?: number;
  readonly hasJetStream?: boolean;
}

export interface LoadProblem {
  /** The key of the load that is wrong; absent for the load as a whole. */
  readonly key?: string;
  readonly message: string;
  readonly hint?: string;
}
