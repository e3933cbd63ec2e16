import type { AlertsResult, FiredAlert } from './alert.js';
import type { CheckResult } from './checker.js';
import type { Evidence } from './fault.js';
import type { LoadCounter, LoadMeasure, LoadNotice } from './load.js';
import type { PhaseName } from './plan/phase.js';
import type { ResourcesResult } from './resources.js';
import type {
  AuditHead,
  CrowdResult,
  Environment,
  FaultResult,
  FaultSettled,
  ProbeResult,
  Recovery,
  ServerCounters,
  StageResult,
  ThresholdResult,
  Verdict,
} from './run-result.js';
import type { FailureClass, ReadSummary, SafetyVerdict } from './safety.js';
import type { SlowTrace, TracesResult } from './trace.js';

export const SUMMARY_SCHEMA = 'stormglass.summary/1';

/**
 * summary.json: what a script needs to know of a run. A field keeps its name and its meaning within a schema's
 * version; new fields may appear. Times are nanoseconds, `null` is "not known" or "too little data".
 */
export interface Summary {
  readonly schema: typeof SUMMARY_SCHEMA;
  readonly runId: string;
  readonly name: string;
  readonly seed: number;
  readonly scenarioFile: string;
  readonly startedAt: string;
  readonly endedAt: string;
  /** From the beginning of the load until no operation was due any more; `null` when it never started. */
  readonly loadNs: number | null;
  /** From there until the recovery from the last fault had been waited for, too. */
  readonly watchedNs: number | null;
  readonly verdict: Verdict;
  readonly environment: Environment;
  readonly loads: readonly LoadSummary[];
  readonly faults: readonly FaultSummary[];
  /** Those of the scenario's steady state, in its order. */
  readonly probes: readonly ProbeResult[];
  readonly checks: readonly CheckResult[];
  /** What they say together, and which failures that covers; `null` without checks. */
  readonly safety: SafetyVerdict | null;
  /** What the checks read: of each stream, and of each of its replicas. */
  readonly reads: readonly ReadSummary[];
  readonly thresholds: readonly ThresholdResult[];
  /** Which alerts fired in time, and who was told; `null` where none was expected. */
  readonly alerts: AlertsSummary | null;
  readonly servers: ServerCounters;
  /** Who used what meanwhile, and what limited each load; over time, in resources.csv. */
  readonly resources: ResourcesSummary;
  readonly notices: readonly LoadNotice[];
  /** Spans and the slowest traces; `null` where the scenario has no `traces`. */
  readonly traces: TracesSummary | null;
  /** Where audit.ndjson ended: see `stormglass audit verify`. Absent when there was none. */
  readonly audit?: AuditHead;
}

/** Times of results run from the fault's injection, or from its healing; those of what fired from the start of the load. */
export interface AlertsSummary extends Omit<AlertsResult, 'fired'> {
  readonly fired: readonly FiredAlertSummary[];
}

export interface FiredAlertSummary extends Omit<FiredAlert, 'firedNs' | 'resolvedNs'> {
  readonly firedAtNs: number;
  /** `null`: it still did at the end. */
  readonly resolvedAtNs: number | null;
}

export interface TracesSummary extends Omit<TracesResult, 'slowest' | 'troubles'> {
  /** Longest first, ten at most. */
  readonly slowest: readonly SlowTraceSummary[];
}

export interface SlowTraceSummary extends Omit<SlowTrace, 'startNs'> {
  /** After the start of the load; `null` when it did not come to that. */
  readonly atNs: number | null;
}

export type ResourcesSummary = Pick<ResourcesResult, 'clock' | 'cores' | 'users' | 'limits'>;

export interface LoadSummary {
  readonly name: string;
  readonly kind: string;
  /** Only of a load of many clients: agents and sockets apart. */
  readonly crowd?: CrowdResult;
  readonly total: PhaseSummary;
  readonly phases: readonly PhaseSummary[];
  /** Of a load whose rate changes, in order; absent for others, and for stages too short to tell. */
  readonly stages?: readonly StageResult[];
}

export interface PhaseSummary {
  readonly phase: PhaseName | 'total';
  readonly durationNs: number;
  readonly counters: Readonly<Record<LoadCounter, number>>;
  /** Means over the phase; `null` when it had no duration. */
  readonly rates: {
    readonly duePerSec: number | null;
    readonly sentPerSec: number | null;
    readonly okPerSec: number | null;
    readonly receivedPerSec: number | null;
    readonly bytesPerSec: number | null;
    /** Of a load that sends several events a message: its messages that were `ok`; `null` where each is its own. */
    readonly messagesPerSec: number | null;
  };
  /** Only the measures that this load has. */
  readonly latency: Readonly<Partial<Record<LoadMeasure, LatencySummary>>>;
}

export const SUMMARY_PERCENTILES = {
  p50: 50,
  p90: 90,
  p95: 95,
  p99: 99,
  'p99.9': 99.9,
  'p99.99': 99.99,
} as const;
export type SummaryPercentile = keyof typeof SUMMARY_PERCENTILES;

export interface LatencySummary {
  /** Operations in the histogram: the total of the .hlog and .hgrm of the same load and measure. */
  readonly count: number;
  /** Those of them that never had an answer: they count with the time that they had waited. */
  readonly unanswered: number;
  readonly min: LatencyFigure;
  readonly mean: LatencyFigure;
  readonly max: LatencyFigure;
  /** `null`: fewer than ten operations lie beyond it, so that there is no such percentile. */
  readonly percentiles: Readonly<Record<SummaryPercentile, LatencyFigure | null>>;
}

export interface LatencyFigure {
  readonly ns: number;
  /** The true value is at least `ns`: operations without an answer are part of it. */
  readonly atLeast?: true;
}

export interface FaultSummary {
  readonly id: string;
  readonly kind: string;
  readonly target: string;
  readonly targets: readonly string[];
  /** The user who made it by hand; absent for one of the scenario. */
  readonly byHand?: string;
  readonly status: FaultResult['status'];
  readonly detail?: string;
  /** What kind of failure it is, where that is known. */
  readonly tests?: FailureClass;
  /** After the start of the load; `null` when it did not come to that. */
  readonly injectedAtNs: number | null;
  readonly revertedAtNs: number | null;
  readonly before?: Evidence;
  readonly during?: Evidence;
  readonly after?: Evidence;
  readonly recovery: Recovery;
  readonly settled?: FaultSettled;
}
