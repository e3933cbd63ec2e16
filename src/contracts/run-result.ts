import type { AlertsResult } from './alert.js';
import type { CheckResult } from './checker.js';
import type { Evidence } from './fault.js';
import type { HistogramSnapshot } from './histogram.js';
import type { Crowd, LoadCounter, LoadMeasure, LoadNotice } from './load.js';
import type { PhaseName } from './plan/phase.js';
import type { Plan } from './plan.js';
import type { ResourcesResult } from './resources.js';
import type { FailureClass, ReadSummary, SafetyVerdict } from './safety.js';
import type { TracesResult } from './trace.js';
import type { UndoRecord } from './undo.js';

export type ExitMeaning =
  | 'ok'
  | 'unexpected'
  | 'usage'
  | 'preflight'
  | 'threshold'
  | 'safety'
  | 'expectation'
  | 'inconclusive'
  | 'unreverted'
  | 'regression'
  | 'interrupted'
  | 'terminated';

/** The run whose faults were made again. */
export interface ReplayedRun {
  /** Its folder, as the user named it. */
  readonly dir: string;
  /** The plan was that run's own, too: no scenario was given. */
  readonly own: boolean;
}

/** Everything a run found out: what the reporters turn into files. */
export interface RunResult {
  readonly runId: string;
  readonly plan: Plan;
  readonly scenarioFile: string;
  /** `path=value` overrides that the plan was resolved with. */
  readonly overrides: readonly string[];
  /** Whose faults it has made again, if it has. */
  readonly replay?: ReplayedRun;
  readonly startedAt: string;
  readonly endedAt: string;
  /** Monotonic; 0 when the load never started. */
  readonly loadStartNs: number;
  /** When the faults were over and their recovery had been waited for, too: later than the last due operation. */
  readonly loadEndNs: number;
  readonly verdict: Verdict;
  readonly environment: Environment;
  readonly loads: readonly LoadResult[];
  readonly faults: readonly FaultResult[];
  /** Those of the scenario, in its order. */
  readonly probes: readonly ProbeResult[];
  readonly checks: readonly CheckResult[];
  /** What they say together; absent without checks. */
  readonly safety?: SafetyVerdict;
  /** What the checks read: of each stream, and of each of its replicas. */
  readonly reads: readonly ReadSummary[];
  readonly thresholds: readonly ThresholdResult[];
  /** Absent where no alert was expected, or it did not come to that. */
  readonly alerts?: AlertsResult;
  readonly timeline: Timeline;
  /** What the servers' own counters say of the time under load. */
  readonly servers: ServerCounters;
  /** Who used what of the machine meanwhile, and what limited each load. */
  readonly resources: ResourcesResult;
  readonly notices: readonly LoadNotice[];
  /** Absent when the scenario has no `traces`. */
  readonly traces?: TracesResult;
  /** Absent when the run ended before there was a trail. */
  readonly audit?: AuditHead;
}

/** Where the audit trail ended: what its verification is held against. */
export interface AuditHead {
  /** Lines so far. */
  readonly entries: number;
  /** SHA-256 of the last line, in hex; of the run's id before the first. */
  readonly hash: string;
}

export interface Verdict {
  readonly exit: ExitMeaning;
  readonly exitCode: number;
  /** One line for people: `passed`, or what decided. */
  readonly headline: string;
  /** Everything that holds, most important first. */
  readonly reasons: readonly { readonly exit: ExitMeaning; readonly text: string; readonly hint?: string }[];
  /** What was left behind, when the exit is `unreverted`. */
  readonly leftBehind: readonly UndoRecord[];
}

export interface Environment {
  readonly stormglass: string;
  readonly node: string;
  readonly natsServer?: string;
  readonly platform: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly gitRevision?: string;
}

/** The clients of a load of many, such as agents, all its workers together. */
export interface CrowdResult extends Crowd {
  /** How many generator processes there were beside the threads of ours. */
  readonly processes: number;
}

export interface LoadResult {
  readonly name: string;
  readonly kind: string;
  /** Only of a load of many clients. */
  readonly crowd?: CrowdResult;
  /** Time from the load's own beginning until no operation of it was due any more. */
  readonly durationNs: number;
  /** The warm-up is among them only where the load has one. */
  readonly phases: readonly LoadPhaseResult[];
  /** All phases together but the warm-up. */
  readonly total: LoadPhaseResult;
  /** Of a load whose rate changes, in order; absent for others, and for stages too short to tell. */
  readonly stages?: readonly StageResult[];
}

/** What was due in one stage of a load, and what got through: means over the time that is surely within it. */
export interface StageResult {
  /** After the load's own beginning. */
  readonly fromNs: number;
  readonly durationNs: number;
  /** As planned, at its beginning and at its end; of what `unit` says. */
  readonly fromPerSec: number;
  readonly toPerSec: number;
  readonly unit: 'operations' | 'bytes';
  readonly duePerSec: number;
  readonly okPerSec: number;
  /** Payload bytes of those that got through. */
  readonly okBytesPerSec: number;
  /** What was due got through. */
  readonly isKept: boolean;
}

export interface LoadPhaseResult {
  readonly phase: PhaseName | 'total';
  readonly durationNs: number;
  readonly counters: Readonly<Record<LoadCounter, number>>;
  readonly histograms: Readonly<Partial<Record<LoadMeasure, HistogramSnapshot>>>;
}

export interface FaultResult {
  readonly id: string;
  readonly kind: string;
  readonly targets: readonly string[];
  /** How the target was named: `stream-leader(ORDERS)`. */
  readonly target: string;
  /** The user who made it by hand; absent for one of the plan. */
  readonly byHand?: string;
  /** `refused`: a guard did not let it begin. */
  readonly status: 'reverted' | 'no-effect' | 'refused' | 'not-run' | 'failed' | 'unreverted';
  readonly detail?: string;
  /** What kind of failure it is, where that is known: not of a fault of the user's own. */
  readonly tests?: FailureClass;
  /** Monotonic; 0 when it did not come to that. */
  readonly injectedNs: number;
  readonly revertedNs: number;
  readonly before?: Evidence;
  readonly during?: Evidence;
  readonly after?: Evidence;
  readonly recovery: Recovery;
  /** Whether the system was steady again after it was healed; absent when that could not be waited for. */
  readonly settled?: FaultSettled;
}

/** What a probe of the scenario's showed while the load ran. */
export interface ProbeResult {
  readonly name: string;
  readonly kind: string;
  readonly throughout: boolean;
  /** While no fault held, and none was being recovered from. */
  readonly steady: { readonly looks: number; readonly held: number };
  readonly faults: { readonly looks: number; readonly held: number };
  /** The longest time from a look that did not hold to the next that did, or to the last. */
  readonly longestAwayNs: number;
  /** What was seen when it first did not hold though it should have. */
  readonly missed?: string;
}

export interface FaultSettled {
  readonly steady: boolean;
  /** From its healing until the system was steady, or was given up on. */
  readonly afterNs: number;
  /** What kept it from being steady. */
  readonly unsteady?: string;
}

/**
 * From the due time of the first acknowledged operation that was in trouble until the due time from which on, for
 * ten seconds, all were answered in time. `ns` 0: nobody felt it. Absent: not back before the load ended. A fault that
 * was felt again, as when it heals, counts with its longest stretch of trouble.
 */
export interface Recovery {
  readonly ns?: number;
  /** Where `ns` is absent: how long the trouble had lasted when it was last seen. */
  readonly atLeastNs?: number;
  readonly troubledOperations: number;
  readonly firstReason?: string;
  /** Only of a fault that was injected. */
  readonly steps?: RecoverySteps;
}

/** The steps in their usual order, in words. */
export const RECOVERY_STEPS = [
  ['firstTroubledNs', 'first trouble'],
  ['detectedNs', 'detected'],
  ['electedNs', 'leader elected'],
  ['servedNs', 'served again'],
  ['drainedNs', 'backlog drained'],
  ['steadyNs', 'steady'],
] as const satisfies readonly (readonly [keyof RecoverySteps, string])[];

/** How a recovery went, each in nanoseconds after the injection; absent: it did not come to that, or nobody could see it. */
export interface RecoverySteps {
  /** When the first operation in trouble was due. */
  readonly firstTroubledNs?: number;
  /** The first sign of it that anybody outside could see: a failed operation, an advisory, a probe that does not hold. */
  readonly detectedNs?: number;
  /** The last election of a leader that it brought about. */
  readonly electedNs?: number;
  /** From which due time on all operations were answered in time again. */
  readonly servedNs?: number;
  /** When consumers had no more before them than before the fault, where they had had. */
  readonly drainedNs?: number;
  /** When every probe held again. */
  readonly steadyNs?: number;
}

export interface ThresholdResult {
  readonly text: string;
  readonly verdict: 'pass' | 'fail' | 'no-data';
  /** What was measured, for people: `p99 = 12.3 ms`, `≥ 4.1 s`, or why there is no data. */
  readonly measured: string;
  readonly value?: number;
}

/** Bounded in size however long the run was: rows are merged two by two when there are too many. */
export interface Timeline {
  /** Length of a row. */
  readonly rowNs: number;
  readonly loads: readonly { readonly name: string; readonly rows: readonly TimelineRow[] }[];
}

export interface TimelineRow {
  /** Seconds since the start of the load, at the start of the row. */
  readonly t: number;
  readonly counters: Readonly<Partial<Record<LoadCounter, number>>>;
  readonly pending: number;
  /** Nanoseconds; absent when nothing was recorded in the row. Quantiles of rows that were merged are the maximum. */
  readonly latency: Readonly<
    Partial<Record<LoadMeasure, { readonly p50: number; readonly p99: number; readonly max: number }>>
  >;
}

export interface ServerCounters {
  /** Messages that the servers took in from clients and routes while the load ran; absent when not known. */
  readonly inMsgs?: number;
  readonly inBytes?: number;
  readonly slowConsumers?: number;
  /**
   * By load: how many messages the servers say they took from its connections. What `sent` claims is true as far as
   * this confirms it. Without loads whose operations are no messages; absent when the servers' pages cannot be read.
   */
  readonly confirmed?: Readonly<Record<string, number>>;
  /** Nodes whose counters started anew (they were restarted), so that the sums are a lower bound. */
  readonly restarted: readonly string[];
}
