import { type Rule, type RuleGroup, rulesFile } from './rule.js';
import type { Slo } from './slo-file.js';

/**
 * When to say that a budget burns, of Google's "The Site Reliability Workbook", chapter 5, table 5-8: at `burnRate` times the
 * rate that just uses up the budget in 30 days, over the long window, and still over the short one, so that the alert ends
 * soon after the trouble does.
 */
const BURNS = [
  { alert: 'SloBurnRateFast', severity: 'page', burnRate: 14.4, long: '1h', short: '5m', spent: '2%' },
  { alert: 'SloBurnRateFast', severity: 'page', burnRate: 6, long: '6h', short: '30m', spent: '5%' },
  { alert: 'SloBurnRateSlow', severity: 'ticket', burnRate: 3, long: '1d', short: '2h', spent: '10%' },
  { alert: 'SloBurnRateSlow', severity: 'ticket', burnRate: 1, long: '3d', short: '6h', spent: '10%' },
] as const;
const MINUTES = { '1h': 60, '6h': 360, '1d': 1440, '3d': 4320 } as const;

/** All but the five minutes, which are what the others are made of. */
const WINDOWS = ['30m', '1h', '2h', '6h', '1d', '3d'] as const;

/** Text of rules/slo.yaml. */
export function sloRules(slos: readonly Slo[]): string {
  return rulesFile(
    [
      'Of slos.yaml: for each promise how much was bad and how much there was, a share of errors and a burn rate over each',
      'window, and the alerts. Longer windows are sums over the five minutes, so that they weigh by how much there was and cost',
      'little. Burn rates, windows and severities: Google, "The Site Reliability Workbook", chapter 5, table 5-8.',
    ],
    [events(slos), ratios(), budgets(), { name: 'slo', rules: BURNS.map(burnAlert) }],
  );
}

/** What there was and what of it was bad, a second. */
function events(slos: readonly Slo[]): RuleGroup {
  const rules = slos.flatMap(({ name, objective, by, good, bad, total, leastEventsPerHour }): Rule[] => {
    const labels = { slo: name };
    const all = ratePerSec(by, total);
    // A counter of what is bad begins with the first of it; until then there is none.
    const wrong = bad
      ? `${ratePerSec(by, bad)} or ${all} * 0`
      : `clamp_min(${all} - ${ratePerSec(by, good ?? [])}, 0)`;
    return [
      { record: 'slo:objective:ratio', expr: `vector(${round(objective)})`, labels },
      { record: 'slo:error_budget:ratio', expr: `vector(${round(1 - objective)})`, labels },
      { record: 'slo:least_events:per_hour', expr: `vector(${leastEventsPerHour})`, labels },
      { record: 'slo:bad:rate5m', expr: wrong, labels },
      { record: 'slo:total:rate5m', expr: all, labels },
    ];
  });
  return { name: 'slo-events', interval: '1m', rules };
}

function ratios(): RuleGroup {
  const errorRatios: Rule[] = [
    { record: 'slo:error_ratio:rate5m', expr: 'slo:bad:rate5m / (slo:total:rate5m > 0)' },
    ...WINDOWS.map((window) => ({
      record: `slo:error_ratio:rate${window}`,
      expr: `sum_over_time(slo:bad:rate5m[${window}]) / (sum_over_time(slo:total:rate5m[${window}]) > 0)`,
    })),
  ];
  const burnRates = ['5m', ...WINDOWS].map((window) => ({
    record: `slo:burn_rate:rate${window}`,
    expr: `slo:error_ratio:rate${window} / on (slo) group_left () slo:error_budget:ratio`,
  }));
  return { name: 'slo-ratios', interval: '1m', rules: [...errorRatios, ...burnRates] };
}

/** What is left of 30 days' budgets. Sums of hours, because 30 days of minutes are much to read each time. */
function budgets(): RuleGroup {
  const hourly = ['bad', 'total'].map((what) => ({
    record: `slo:${what}:sum1h`,
    expr: `sum_over_time(slo:${what}:rate5m[1h])`,
  }));
  return {
    name: 'slo-budgets',
    interval: '1h',
    rules: [
      ...hourly,
      {
        record: 'slo:error_ratio:rate30d',
        expr: 'sum_over_time(slo:bad:sum1h[30d]) / (sum_over_time(slo:total:sum1h[30d]) > 0)',
      },
      {
        record: 'slo:error_budget_remaining:ratio',
        expr: '1 - slo:error_ratio:rate30d / on (slo) group_left () slo:error_budget:ratio',
      },
    ],
  };
}

function burnAlert({ alert, severity, burnRate, long, short, spent }: (typeof BURNS)[number]): Rule {
  const burns = (window: string) => `slo:burn_rate:rate${window} > ${burnRate}`;
  // Rates of five minutes are recorded each minute. What began within the hour has as much as there was, not as much as if it
  // had always been so; and what is younger than the window has burnt no more than it can have in its time.
  const enough =
    'sum_over_time(slo:total:rate5m[1h]) * 60 >= on (slo) group_left () slo:least_events:per_hour';
  const known = `slo:burn_rate:rate${long} * count_over_time(slo:total:rate5m[${long}]) / ${MINUTES[long]}`;
  return {
    alert,
    expr: `(${burns(long)})\nand (${burns(short)})\nand (${known} > ${burnRate})\nand (${enough})\n`,
    labels: { severity, area: 'slo', window: long },
    annotations: {
      summary:
        'The budget of {{ $labels.slo }} burns {{ $value | humanize }} times too fast{{ with $labels.domain }} in {{ . }}{{ end }}' +
        '{{ with $labels.workflow }} in {{ . }}{{ end }}{{ with $labels.load }} in {{ . }}{{ end }}',
      description: `In ${long} at least ${spent} of what may go wrong in 30 days went wrong, and it goes on.`,
      runbook_url: `{{ with $externalLabels.runbooks }}{{ . }}/{{ end }}docs/alerts.md#${alert.toLowerCase()}`,
    },
  };
}

/** Several counters may have the same labels: what tells them apart is put back, or only one of them would count. */
function ratePerSec(by: readonly string[], counters: readonly string[]): string {
  const rates = counters.map((counter) => `rate(${counter}[5m])`);
  const inner =
    rates.length === 1
      ? rates[0]
      : rates.map((rate, index) => `label_replace(${rate}, "part", "${index}", "", "")`).join(' or ');
  return `sum by (${by.join(', ')}) (${inner})`;
}

/** 1 − 0.999 is 0.0010000000000000009. */
const round = (share: number): number => Number(share.toPrecision(12));
