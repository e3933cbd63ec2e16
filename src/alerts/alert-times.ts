import { NS } from '../base/nanoseconds.js';
import type { AlertsPlan, AlertTimes } from '../contracts/alert.js';
import type { MonitoringFiles } from './monitoring-files.js';
import { divideTime } from './prometheus-duration.js';
import { divideRouting, groupTimesOf } from './routing.js';
import { evaluationNsOf, scrapeNsOf } from './run-configuration.js';

/** The times of a run: what the files say, divided by the plan's factor. */
export interface RunTimes {
  /** Of the alerts that are expected. */
  readonly times: AlertTimes;
  /** How often the rule of an alert is evaluated. */
  evaluationNs(alert: string): number;
}

export function runTimes({ factor, expectations }: AlertsPlan, files: MonitoringFiles): RunTimes {
  const { prometheus, alertmanager, rules } = files;
  const groups = rules.flatMap((file) => file.rules.groups);
  const evaluationNs = new Map<string, number>();
  for (const { rules: own, interval } of groups) {
    const ns = divideTime(evaluationNsOf(prometheus, interval), factor);
    for (const { alert = '' } of own) evaluationNs.set(alert, Math.max(ns, evaluationNs.get(alert) ?? 0));
  }
  const names = new Set(expectations.map(({ alert }) => alert));
  const expected = groups.flatMap((group) => group.rules.filter(({ alert = '' }) => names.has(alert)));
  const routing = divideRouting(alertmanager, factor, () => '');
  const waits = expected.map(({ alert = '', labels }) =>
    groupTimesOf(routing, { ...labels, alertname: alert }),
  );
  const times = {
    scrapeNs: divideTime(scrapeNsOf(prometheus), factor),
    evaluationNs: Math.max(NS.ms, ...[...names].map((name) => evaluationNs.get(name) ?? 0)),
    groupWaitNs: Math.max(0, ...waits.map(({ groupWaitNs }) => groupWaitNs)),
    groupIntervalNs: Math.max(0, ...waits.map(({ groupIntervalNs }) => groupIntervalNs)),
  };
  return { times, evaluationNs: (alert) => evaluationNs.get(alert) ?? times.evaluationNs };
}
