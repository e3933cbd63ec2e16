import type { FaultResult } from './run-result.js';

/** `alerts:` of a scenario, resolved: which alerts must fire, and how the rules are made fast enough to see it. */
export interface AlertsPlan {
  /** `for`, scrape and evaluation intervals, range windows, group_wait and group_interval of the rules are divided by it. */
  readonly factor: number;
  /** No other alert of severity `page` may fire. */
  readonly only: boolean;
  /** The user's folder of rules; absent: those that stormglass ships. */
  readonly rulesDir?: string;
  readonly expectations: readonly AlertExpectation[];
}

/** As a receiver: nobody may be told of the alert, because another one silences it. */
export const NO_RECEIVER = 'none';

/** In the value of a label: each target of the fault. */
export const TARGET_LABEL = '{target}';

export interface AlertExpectation {
  /** `alertname` */
  readonly alert: string;
  /** Labels that the alert must have beside its name; `{target}` stands for each target of the fault: every one must have its alert. */
  readonly labels: Readonly<Record<string, string>>;
  readonly severity?: AlertSeverity;
  /** The receiver of alertmanager.yml that must be told, or `none`; absent: whichever. */
  readonly receiver?: string;
  /** The id of the fault after which it must fire. */
  readonly after: string;
  readonly withinNs: number;
  /** After the fault was healed; until then it must fire, once it has begun to, if the fault holds for a time. */
  readonly resolvesWithinNs?: number;
}

export const ALERT_SEVERITIES = ['page', 'ticket', 'info'] as const;
export type AlertSeverity = (typeof ALERT_SEVERITIES)[number];

/** An alert as the rules have it, and what can be said of it before a run. */
export interface KnownAlert {
  readonly name: string;
  /** Of each of its rules; empty where a rule has none, or makes it of a template. */
  readonly severities: readonly string[];
  /** Why a run of minutes cannot prove it. */
  readonly unprovable?: string;
}

/** The rules that a run would be held against, as they stand in their files. */
export interface KnownRules {
  /** For people: where they stand. */
  readonly place: string;
  readonly alerts: readonly KnownAlert[];
  readonly receivers: readonly string[];
  /** The shorter of how often is scraped and how often rules are evaluated. */
  readonly shortestIntervalNs: number;
}

/** The times of the rules and of the routing, as a run has them: divided by the factor. */
export interface AlertTimes {
  readonly scrapeNs: number;
  readonly evaluationNs: number;
  /** The longest of the routes that the expected alerts take. */
  readonly groupWaitNs: number;
  readonly groupIntervalNs: number;
}

/** What became of one expectation. Times are nanoseconds. */
export interface AlertResult {
  readonly expectation: AlertExpectation;
  readonly verdict: 'met' | 'missed' | 'unknown';
  /** Why not, or what was seen. */
  readonly detail: string;
  /** From the fault's injection until the rule fired, and until the receiver was told. */
  readonly detectedAfterNs?: number;
  readonly notifiedAfterNs?: number;
  /** From the fault's healing; 0 when it had resolved before. */
  readonly resolvedAfterNs?: number;
  /** The longest time in which it did not fire between its first firing and the healing, though it did again before that. */
  readonly awayNs?: number;
  /** Who was told first, of those that may be. */
  readonly receiver?: string;
  /** Of the alert that fired, without its name. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** One time that an alert fired, with one set of labels. Monotonic. */
export interface FiredAlert {
  readonly alert: string;
  readonly severity?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly firedNs: number;
  /** Absent: it still did at the end. */
  readonly resolvedNs?: number;
}

/** What a run says of its alerts. */
export interface AlertsResult {
  readonly factor: number;
  readonly only: boolean;
  readonly times: AlertTimes;
  /** Of Prometheus and Alertmanager. */
  readonly versions: { readonly prometheus: string; readonly alertmanager: string };
  readonly results: readonly AlertResult[];
  /** Everything that fired, in order; no more than a few hundred. */
  readonly fired: readonly FiredAlert[];
  /** How many fired beside them; absent for none. */
  readonly unlisted?: number;
  /** Those of severity `page` among them that no expectation explains, as sentences; empty unless `only`. */
  readonly unexpected: readonly string[];
  /** Why it could not be looked, if so: nothing that was not seen before says anything. */
  readonly blind?: string;
}

/** What of a fault an expectation goes by. */
export interface AlertFault
  extends Pick<FaultResult, 'id' | 'kind' | 'targets' | 'injectedNs' | 'revertedNs'> {
  /** How long it was to hold; 0 for an act that is over when it is done. */
  readonly forNs: number;
}

/** Something that happened to an alert, for the journal. */
export interface AlertEvent {
  readonly what: 'fired' | 'resolved' | 'notified' | 'blind';
  readonly [detail: string]: unknown;
}

export interface AlertWatchTask {
  readonly plan: AlertsPlan;
  readonly runId: string;
  /** The pages that Prometheus is to scrape: one of each monitor. */
  readonly metricsUrls: readonly string[];
  /** The configurations that it runs with are kept here. */
  readonly keepDir: string;
  readonly logDir: string;
  /** A directory of the run's own, removed with it. */
  readonly workDir: string;
  readonly signal: AbortSignal;
  readonly onEvent: (event: AlertEvent) => void;
}

/** Prometheus and Alertmanager of a run, alive, and what they say. Disposing of it ends them. */
export interface AlertWatch extends AsyncDisposable {
  readonly times: AlertTimes;
  readonly prometheusUrl: string;
  readonly alertmanagerUrl: string;
  /**
   * Waits until each expectation is decided, or its time is over, and judges all of them. When the signal aborts, it judges by what was seen until
   * then. Never rejects.
   *
   * @param loadStartNs what fired and resolved before is nobody's doing
   */
  conclude(faults: readonly AlertFault[], loadStartNs: number, signal: AbortSignal): Promise<AlertsResult>;
}
