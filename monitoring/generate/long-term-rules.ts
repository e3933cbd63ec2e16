import { type RuleGroup, rulesFile } from './rule.js';

/** The window stands for the resolution. */
const SERIES: Readonly<Record<string, (window: string) => string>> = {
  'longterm:cim_events:rate': (w) => `sum by (domain) (rate(cim_events_total[${w}]))`,
  'longterm:cim_event_bytes:rate': (w) => `sum by (domain) (rate(cim_event_bytes_total[${w}]))`,
  'longterm:cim_event_errors:rate': (w) => `sum by (domain) (rate(cim_event_errors_total[${w}]))`,
  'longterm:cim_event_outcomes:rate': (w) =>
    `sum by (domain, outcome) (rate(cim_event_outcomes_total[${w}]))`,
  'longterm:cim_event_lag_seconds:p50': (w) => lag(0.5, w),
  'longterm:cim_event_lag_seconds:p99': (w) => lag(0.99, w),
  'longterm:cim_events_lost:rate': (w) => `sum by (load) (rate(cim_events_lost_total[${w}]))`,
  'longterm:cim_workflow_completed:rate': (w) =>
    `sum by (workflow) (rate(cim_workflow_completed_total[${w}]))`,
  'longterm:cim_workflow_failed:rate': (w) => `sum by (workflow) (rate(cim_workflow_failed_total[${w}]))`,
  'longterm:cim_agent_alive:min': (w) => `sum by (group) (min_over_time(cim_agent_alive[${w}]))`,
  'longterm:cim_monitor_blind:ratio': (w) => `max(rate(cim_monitor_blind_seconds_total[${w}]))`,
  'longterm:cim_nats_cluster_size:min': (w) => `max(min_over_time(cim_nats_cluster_size[${w}]))`,
  'longterm:gnatsd_varz_in_msgs:rate': (w) => `sum(max by (server_id) (rate(gnatsd_varz_in_msgs[${w}])))`,
  'longterm:gnatsd_varz_in_bytes:rate': (w) => `sum(max by (server_id) (rate(gnatsd_varz_in_bytes[${w}])))`,
  'longterm:gnatsd_varz_connections:max': (w) =>
    `sum(max by (server_id) (max_over_time(gnatsd_varz_connections[${w}])))`,
  'longterm:jetstream_storage_used_bytes:max': (w) =>
    `max by (server_id) (max_over_time(gnatsd_varz_jetstream_stats_storage[${w}]))`,
  'longterm:slo_error:ratio': (w) =>
    `sum_over_time(slo:bad:rate5m[${w}]) / (sum_over_time(slo:total:rate5m[${w}]) > 0)`,
};

/** Text of rules/long-term.yaml. */
export function longTermRules(): string {
  return rulesFile(
    [
      'What is kept for long: a few series, every five minutes and every hour, told apart by `resolution`.',
      'prometheus-long-term.yml writes what has this label to VictoriaMetrics, and nothing else.',
      '',
      'Prometheus itself looks back five minutes for a value: ask it for an hourly series as',
      '`last_over_time(longterm:cim_events:rate{resolution="1h"}[1h])`.',
    ],
    ['5m', '1h'].map(group),
  );
}

function group(window: string): RuleGroup {
  const rules = Object.entries(SERIES).map(([record, expr]) => ({
    record,
    expr: expr(window),
    labels: { resolution: window },
  }));
  return { name: `long-term-${window}`, interval: window, rules };
}

const lag = (quantile: number, window: string): string =>
  `histogram_quantile(${quantile}, sum by (domain, le) (rate(cim_event_lag_seconds_bucket[${window}])))`;
