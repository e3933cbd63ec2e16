import type { AlertsPlan } from './alert.js';
import type { EventReading } from './event-reading.js';
import type { TracesPlan } from './trace.js';

/**
 * A scenario after it was read, checked and resolved: plain data, everything explicit, ready to be run, printed by
 * `--dry-run` and written to plan.json. Times are nanoseconds, rates operations a second, sizes bytes.
 */
export interface Plan {
  readonly version: 1;
  readonly name: string;
  readonly seed: number;
  readonly cluster: ClusterPlan;
  readonly events: readonly EventKind[];
  readonly streams: readonly StreamPlan[];
  readonly loads: readonly LoadPlan[];
  readonly faults: readonly FaultPlan[];
  readonly guards: GuardPlan;
  readonly steadyState: SteadyStatePlan;
  readonly checks: readonly CheckPlan[];
  readonly thresholds: readonly ThresholdPlan[];
  /** Absent: no alert is expected, and none is looked at. */
  readonly alerts?: AlertsPlan;
  readonly monitor: MonitorPlan;
  /** Absent: nothing is traced. */
  readonly traces?: TracesPlan;
  readonly limits: RunLimits;
}

export interface CheckPlan {
  readonly name: string;
  /** The check's own options, as its schema resolved them. */
  readonly params: Readonly<Record<string, unknown>>;
}

export interface ClusterPlan {
  readonly driver: string;
  /** The driver's own parameters, as its schema resolved them. */
  readonly params: Readonly<Record<string, unknown>>;
  /** Names of the nodes, when they are known before the cluster starts; else empty. */
  readonly nodeNames: readonly string[];
}

/** One kind of event: the subject it goes to and how often it occurs among its domain's types. */
export interface EventKind {
  readonly domain: string;
  readonly type: string;
  readonly subject: string;
  /** Share among all events of a load that selects every domain; a load normalizes over the domains it selects. */
  readonly weight: number;
  /** Of the payload; where its template or its file makes it, the bounds of what they make. */
  readonly size: SizePlan;
  /** What the payload is; bytes that do not compress unless told. */
  readonly payload?: PayloadPlan;
}

/** Sizes from `minBytes` to `maxBytes`: evenly spread, or as `spread` says, within these bounds. */
export interface SizePlan {
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly spread?: SizeSpread;
}

export type SizeSpread =
  | { readonly kind: 'normal'; readonly meanBytes: number; readonly sdBytes: number }
  /** `sigma` is the standard deviation of the size's natural logarithm. */
  | { readonly kind: 'lognormal'; readonly medianBytes: number; readonly sigma: number }
  | {
      readonly kind: 'choice';
      readonly choices: readonly { readonly bytes: number; readonly weight: number }[];
    }
  /** Ascending, from percentile 0 to percentile 100; linear between two of them. */
  | {
      readonly kind: 'percentiles';
      readonly points: readonly { readonly percentile: number; readonly bytes: number }[];
    };

export type PayloadPlan =
  /** Compressed, it has about `ratio` of its size. */
  | { readonly kind: 'compressible'; readonly ratio: number }
  /** A text with placeholders; see base/template.ts. */
  | { readonly kind: 'template'; readonly text: string }
  | { readonly kind: 'file'; readonly file: RecordFilePlan };

export const RECORD_FORMATS = ['lines', 'ndjson', 'csv'] as const;
export type RecordFormat = (typeof RECORD_FORMATS)[number];

/** A file whose records are the payloads of events, one after the other, and what it held when it was planned. */
export interface RecordFilePlan {
  readonly path: string;
  readonly format: RecordFormat;
  /** Of a CSV file: the column that is the payload; without it a record becomes a JSON object. */
  readonly column?: string;
  /** The field that names the event's type; without it types are drawn by their weights. */
  readonly type?: string;
  /** The field that says when a record happened, for a replay. */
  readonly time?: string;
  /** Begins anew when it ends. */
  readonly repeat: boolean;
  readonly records: number;
  readonly meanBytes: number;
  /** From the time of the first record to that of the last; 0 without `time`. */
  readonly spanNs: number;
}

export interface StreamPlan {
  readonly name: string;
  readonly subjects: readonly string[];
  /** Every field of a JetStream StreamConfig, passed to the server as it stands. */
  readonly config: Readonly<Record<string, unknown>>;
}

export interface LoadPlan {
  readonly name: string;
  readonly kind: string;
  /** Empty for a kind that sends no events of the mix. */
  readonly domains: readonly string[];
  readonly schedule: LoadSchedule;
  /** How long after the start of the run's load this one begins; its schedule runs from there. */
  readonly atNs: number;
  /** What is due so early, from its own beginning, is measured apart: it belongs to the phase `warm-up`. */
  readonly warmUpNs: number;
  /** How many worker threads share the load; 0 for one that is only made ready before the others start. */
  readonly workers: number;
  /** False: its operations are not written down, though its kind does that. */
  readonly history?: false;
  /** Kind-specific parameters, as the kind's schema resolved them. */
  readonly params: Readonly<Record<string, unknown>>;
}

/**
 * When operations are due. `open`: by rate over time, whatever the system does. `max`: the next as soon as there is
 * room for it. `closed`: the next as soon as one of those in flight has its answer; as with `max`, there are no
 * intended times. `follow`: nothing is due by itself (subscribers, consumers, responders, agents, which keep their own
 * time); it lasts `durationNs`, or until every load that does not follow has ended. A load with a `count` is over when
 * so many operations were due, all workers together.
 */
export type LoadSchedule =
  | {
      readonly mode: 'open';
      readonly stages: readonly Stage[];
      readonly arrival: Arrival;
      /** What the stages count a second. A rate in bytes is turned into operations when their mean size is known. */
      readonly unit: 'operations' | 'bytes';
      readonly count?: number;
    }
  | { readonly mode: 'max'; readonly durationNs: number; readonly count?: number }
  | {
      readonly mode: 'closed';
      /** Operations in flight, all workers together. */
      readonly concurrency: number;
      readonly durationNs: number;
      readonly count?: number;
    }
  | { readonly mode: 'follow'; readonly durationNs?: number };

export type ScheduleMode = LoadSchedule['mode'];

/**
 * How operations are spread within a rate: evenly, as independent arrivals, or `size` at a time, by the seed; or as the
 * records of a file say, `speed` times as fast: then the stages only say how long that takes.
 */
export type Arrival =
  | { readonly kind: 'constant' }
  | { readonly kind: 'poisson' }
  | { readonly kind: 'bursts'; readonly size: number }
  | { readonly kind: 'replay'; readonly file: RecordFilePlan; readonly speed: number };

/** A stretch of time over which the rate goes linearly from one value to another. */
export interface Stage {
  readonly fromPerSec: number;
  readonly toPerSec: number;
  readonly durationNs: number;
}

export interface FaultPlan {
  /** `fault-1`, `fault-2`, … in the order in which they are due. */
  readonly id: string;
  readonly kind: string;
  /** After the start of the load: when it begins or, with `when`, from when on it waits for its condition. */
  readonly atNs: number;
  /** From injection to healing; 0 for an act that is over when it is done. */
  readonly forNs: number;
  readonly target: TargetPlan;
  readonly params: Readonly<Record<string, unknown>>;
  /** For what the fault itself draws when it is made: from the run's seed and its place in the scenario. */
  readonly seed: number;
  /** What it is one of several of (`faults[2] #3`, `faults[2].sequence[1]`), or what it repeats (`fault-3 of run …`). */
  readonly origin?: string;
  /** It begins when this first holds, and does not run when that is not so `withinNs` after `atNs`. */
  readonly when?: { readonly condition: ConditionPlan; readonly withinNs: number };
  /**
   * It begins so long after another began, or was healed, whenever that is; not at all when the other was never made.
   * `atNs` is when that is if nothing takes longer than it should: the earliest.
   */
  readonly follows?: {
    readonly fault: string;
    readonly since: 'begin' | 'end';
    readonly afterNs: number;
  };
  /** The guard over the quorum lets it pass. */
  readonly allowsQuorumLoss?: boolean;
}

/**
 * Whom a fault hits. Roles are resolved when the fault begins; what is drawn is drawn from the seed, in the plan where
 * the nodes are known then. `draw` is from 0 to below 1: the share of the candidates, by name, that it lies behind.
 */
export type TargetPlan =
  | { readonly role: 'node'; readonly node: string; readonly drawn?: boolean }
  /** `text`: as the scenario named them: `2`, `40%`, `minority`, `all`, `n1, n3`. */
  | {
      readonly role: 'nodes';
      readonly nodes: readonly string[];
      readonly text: string;
      readonly drawn?: boolean;
    }
  | { readonly role: 'leader' }
  /** A node that does not lead the meta group. */
  | { readonly role: 'follower'; readonly draw: number }
  | { readonly role: 'stream-leader'; readonly stream: string }
  /** A node that has a replica of the stream, and does not lead it. */
  | { readonly role: 'stream-follower'; readonly stream: string; readonly draw: number }
  | { readonly role: 'consumer-leader'; readonly stream: string; readonly consumer: string }
  /** The node that most clients are connected to. */
  | { readonly role: 'most-clients' };

/** Something that is looked at once a second while the load runs: `orders.ack_latency p99 > 200ms`, `backlog > 10k`. */
export interface ConditionPlan {
  /** As the user wrote it. */
  readonly text: string;
  readonly of: ConditionMeasure;
  readonly comparison: Comparison;
  /** In the measure's own unit: nanoseconds, a ratio, a count or a rate a second. */
  readonly bound: number;
}

export type ConditionMeasure =
  /** Of the load's last second, by the statistic; as a threshold would measure the whole. */
  | {
      readonly kind: 'load';
      readonly load: string;
      readonly measure: string;
      readonly statistic: Statistic;
    }
  /** Messages that consumers have not acknowledged, or not yet been given: of one consumer, of a stream's, of all. */
  | { readonly kind: 'backlog'; readonly stream?: string; readonly consumer?: string }
  /** Messages that a stream holds. */
  | { readonly kind: 'messages'; readonly stream: string };

/** What keeps a game day within its bounds. */
export interface GuardPlan {
  /** Faults that may hold at the same time; absent: as many as there are. */
  readonly atMost?: number;
  /** No fault may hold for longer; absent: no bound but the load's end. */
  readonly longestNs?: number;
  /** Any of these ends the run: every fault is healed, and it is said which. */
  readonly abortOn: readonly ConditionPlan[];
  /** The run stops, as on Ctrl-C, when this file is there. */
  readonly stopFile?: string;
  readonly allowsQuorumLoss: boolean;
}

/** What steady means beyond what stormglass looks at anyway, and how soon after a fault it must be so again. */
export interface SteadyStatePlan {
  readonly probes: readonly ProbePlan[];
  /** How often they are looked at while the load runs; 0: not. */
  readonly everyNs: number;
  /** After a fault was healed; absent: as long as `limits.heal` waits. */
  readonly recoverWithinNs?: number;
}

export interface ProbePlan {
  readonly name: string;
  readonly kind: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** It must hold during faults, too. */
  readonly throughout: boolean;
}

/** `warm-up` is in no total. */
export type PhaseName = 'steady' | 'faults' | 'warm-up';
export type Comparison = '<' | '<=' | '>' | '>=' | '==' | '!=';

/** `orders.ack_latency: p99 < 250ms, during: steady` */
export interface ThresholdPlan {
  /** As the user wrote it, with its subject: `orders.ack_latency p99 < 250ms during steady`. */
  readonly text: string;
  /** The load's name; absent for measures of the whole run. */
  readonly load?: string;
  readonly measure: string;
  readonly statistic: Statistic;
  readonly comparison: Comparison;
  /** Nanoseconds, a ratio, a count or a rate a second, by the measure and the statistic. */
  readonly bound: number;
  readonly during?: PhaseName;
}

export type Statistic =
  | { readonly kind: 'percentile'; readonly percentile: number }
  | { readonly kind: 'min' | 'max' | 'mean' | 'count' | 'ratio' | 'rate' };

export interface MonitorPlan {
  readonly port: number;
  /** What the monitor subscribes to: `cim.events.>`. */
  readonly subject: string;
  /** Which subject tokens, counted from 0, are the domain and the type. */
  readonly domainToken: number;
  readonly typeToken: number;
  /** Whether stormglass says as events what it does and sees; true unless told. */
  readonly ownEvents?: boolean;
  /** As how many monitors it runs, each with a thread and a page of its own; one unless told. */
  readonly partitions?: number;
  /** Which of several monitors this one is; absent when it is the only one. */
  readonly partition?: MonitorPartition;
  /** Domains whose events belong together, as those of one workflow: one of several monitors has all of them. */
  readonly together?: readonly (readonly string[])[];
  /** Pairs of domain and type to tell apart; 10,000 unless told. */
  readonly maxSeries?: number;
  /** What is read in events; the defaults unless told. */
  readonly reading?: EventReading;
  /** What the configuration says of those who follow events, by their section, as their schemas resolved it. */
  readonly sections?: Readonly<Record<string, unknown>>;
}

export interface MonitorPartition {
  /** From 0 on. */
  readonly index: number;
  readonly of: number;
}

/** How long the conductor waits for things before it gives up. All nanoseconds. */
export interface RunLimits {
  readonly clusterReadyNs: number;
  readonly steadyNs: number;
  readonly healNs: number;
  readonly drainNs: number;
  readonly finalReadNs: number;
}
