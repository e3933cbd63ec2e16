/** `alerts:` of a scenario, resolved: which alerts must fire, and how the rules are made fast enough to see it. */
export interface AlertsPlan {
  /** `for`, scrape and evaluation intervals, group_wait and group_interval of the shipped rules are divided by it. */
  readonly factor: number;
  /** No other alert of severity `page` may fire. */
  readonly only: boolean;
  readonly expectations: readonly AlertExpectation[];
}

export interface AlertExpectation {
  /** `alertname` */
  readonly alert: string;
  /** Labels that the alert must have beside its name. */
  readonly labels: Readonly<Record<string, string>>;
  readonly severity?: AlertSeverity;
  /** The receiver of alertmanager.yml that must be told; absent: whichever. */
  readonly receiver?: string;
  /** The id of the fault after which it must fire. */
  readonly after: string;
  readonly withinNs: number;
  /** After the fault was healed. */
  readonly resolvesWithinNs?: number;
}

export const ALERT_SEVERITIES = ['page', 'ticket', 'info'] as const;
export type AlertSeverity = (typeof ALERT_SEVERITIES)[number];

/** What became of one expectation. Times are nanoseconds. */
export interface AlertResult {
  readonly expectation: AlertExpectation;
  readonly verdict: 'met' | 'missed' | 'unknown';
  /** Why not, or what was seen. */
  readonly detail: string;
  /** From the fault's injection until the rule fired, and until the receiver was told. */
  readonly detectedAfterNs?: number;
  readonly notifiedAfterNs?: number;
  /** From the fault's healing. */
  readonly resolvedAfterNs?: number;
}
