import { NS } from '../base/nanoseconds.js';
import type { Rule, RulesText } from './monitoring-files.js';
import {
  dividePrometheusDuration,
  divideTime,
  formatPrometheusDuration,
  parsePrometheusDuration,
} from './prometheus-duration.js';
import { divideWindows } from './promql-text.js';

type Yaml = Readonly<Record<string, unknown>>;

/** What Prometheus does where its configuration says nothing. */
const INTERVAL_NS = NS.min;
const SCRAPE_TIMEOUT_NS = 10 * NS.s;

/** The job whose page a run's own monitor is; another name, where the configuration has none of it. */
const MONITOR_JOB = 'stormglass-monitor';

const globalOf = ({ global }: Yaml): Yaml => (global ?? {}) as Yaml;
const timeOf = (value: unknown): number | undefined =>
  typeof value === 'string' ? parsePrometheusDuration(value) : undefined;

/** How often the rules of a group are evaluated. */
export const evaluationNsOf = (prometheus: Yaml, groupInterval?: string): number =>
  timeOf(groupInterval) ?? timeOf(globalOf(prometheus).evaluation_interval) ?? INTERVAL_NS;

/** How often the monitor's page is scraped. */
export const scrapeNsOf = (prometheus: Yaml): number =>
  timeOf(monitorJob(prometheus).scrape_interval) ??
  timeOf(globalOf(prometheus).scrape_interval) ??
  INTERVAL_NS;

function monitorJob({ scrape_configs: jobs }: Yaml): Yaml {
  const all = (Array.isArray(jobs) ? jobs : []) as Yaml[];
  return all.find(({ job_name }) => job_name === MONITOR_JOB) ?? { job_name: MONITOR_JOB };
}

/**
 * Rules with every time of theirs divided: `for`, `keep_firing_for`, intervals of groups, and what expressions look back.
 * Alerts that a run cannot prove are left out: with so short a past, they would say something else.
 */
export function divideRules(
  rules: RulesText,
  factor: number,
  isProvable: (rule: Rule) => boolean,
): RulesText {
  const divided = (text: string): string => dividePrometheusDuration(text, factor);
  return {
    ...rules,
    groups: rules.groups.map((group) => ({
      ...group,
      ...(group.interval !== undefined && { interval: divided(group.interval) }),
      rules: group.rules
        .filter((rule) => rule.alert === undefined || isProvable(rule))
        .map((rule) => ({
          ...rule,
          expr: divideWindows(rule.expr, factor),
          ...(rule.for !== undefined && { for: divided(rule.for) }),
          ...(rule.keep_firing_for !== undefined && { keep_firing_for: divided(rule.keep_firing_for) }),
        })),
    })),
  };
}

export interface RunAddresses {
  /** Of the monitors' pages. */
  readonly metricsUrls: readonly string[];
  /** `127.0.0.1:19093` */
  readonly alertmanager: string;
}

/** Keys of a job that say whom it scrapes, and when. */
const TARGET_KEY = /_sd_configs$|^static_configs$|^metrics_path$|^scheme$|^scrape_(interval|timeout)$/;

/** A Prometheus' configuration as a run has it: the job of the monitor with the run's pages for targets, and no other. */
export function runPrometheus(
  prometheus: Yaml,
  factor: number,
  { metricsUrls, alertmanager }: RunAddresses,
): Yaml {
  const { external_labels } = globalOf(prometheus);
  const { alert_relabel_configs } = (prometheus.alerting ?? {}) as Yaml;
  const job = monitorJob(prometheus);
  const scrapeNs = divideTime(scrapeNsOf(prometheus), factor);
  const timeoutNs = timeOf(job.scrape_timeout) ?? timeOf(globalOf(prometheus).scrape_timeout);
  const pages = metricsUrls.map((url) => new URL(url));
  return {
    global: {
      ...(external_labels !== undefined && { external_labels }),
      scrape_interval: formatPrometheusDuration(scrapeNs),
      evaluation_interval: formatPrometheusDuration(divideTime(evaluationNsOf(prometheus), factor)),
      // A page gets as long as it would have had, but never longer than until it is asked for again.
      scrape_timeout: formatPrometheusDuration(Math.min(scrapeNs, timeoutNs ?? SCRAPE_TIMEOUT_NS)),
    },
    rule_files: ['rules/*.yaml'],
    alerting: {
      ...(alert_relabel_configs !== undefined && { alert_relabel_configs }),
      alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }],
    },
    scrape_configs: [
      {
        ...Object.fromEntries(Object.entries(job).filter(([key]) => !TARGET_KEY.test(key))),
        metrics_path: pages[0]?.pathname,
        static_configs: [{ targets: pages.map(({ host }) => host) }],
      },
    ],
  };
}
