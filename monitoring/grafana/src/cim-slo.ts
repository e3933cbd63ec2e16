import { barList } from './parts/bar-list.js';
import { cimDashboard } from './parts/cim-dashboard.js';
import { labelVariable } from './parts/label-variable.js';
import { now, over } from './parts/prometheus-query.js';
import { stat } from './parts/stat.js';
import { table } from './parts/table.js';
import { badAbove, betterAbove, NEUTRAL, worseAbove } from './parts/threshold-steps.js';
import { timeSeries } from './parts/time-series.js';

const SLO = '{slo=~"$slo"}';
/** What a promise is told apart by: one of these, whichever its SLO has. */
const OF_WHOM = '{{slo}} {{domain}}{{workflow}}{{load}}';
/** Burn rates at which SloBurnRateFast and SloBurnRateSlow fire: of the Site Reliability Workbook. */
const BURNS = worseAbove(1, 14.4);

/** Promises, what is left of what may go wrong, and how fast it goes. */
export const cimSlo = () =>
  cimDashboard({
    uid: 'cim-slo',
    title: 'CIM / SLO',
    description:
      'What is promised, what is left of what may go wrong, and how fast it goes. Promises stand in monitoring/slos.yaml.',
    tags: ['slo'],
    variables: [
      labelVariable({
        name: 'slo',
        label: 'SLO',
        description: 'Promises of monitoring/slos.yaml.',
        of: 'slo:objective:ratio',
      }),
    ],
    sections: [
      { title: 'Budgets', panels: budgetPanels() },
      { title: 'Burn rates', panels: burnPanels() },
      { title: 'What goes wrong', panels: errorPanels() },
    ],
  });

function budgetPanels() {
  return [
    stat({
      title: 'Least budget left',
      description:
        'What is left of the 30 days’ error budget that is closest to its end. Below zero a promise is broken.',
      unit: 'percentunit',
      span: 6,
      height: 5,
      loud: true,
      decimals: 1,
      thresholds: betterAbove(0, 0.25),
      queries: [now(`min(slo:error_budget_remaining:ratio${SLO})`, 'left')],
    }),
    stat({
      title: 'Fastest burn, an hour',
      description:
        'How many times too fast the fastest budget goes. 1 uses it up in 30 days; at 14.4, for an hour, SloBurnRateFast wakes somebody.',
      unit: 'short',
      span: 6,
      height: 5,
      line: true,
      thresholds: BURNS,
      queries: [over(`max(slo:burn_rate:rate1h${SLO})`, 'burn rate')],
    }),
    stat({
      title: 'Promises kept',
      description: 'Budgets that are not used up, and all there are.',
      unit: 'none',
      span: 6,
      height: 5,
      thresholds: NEUTRAL,
      queries: [
        now(`count(slo:error_budget_remaining:ratio${SLO} > 0) or vector(0)`, 'kept'),
        now(`count(slo:error_budget_remaining:ratio${SLO})`, 'all'),
      ],
    }),
    stat({
      title: 'Alerts of SLOs',
      description: 'Burn-rate alerts that fire now.',
      unit: 'none',
      span: 6,
      height: 5,
      loud: true,
      thresholds: badAbove(1),
      queries: [
        now(
          'count(ALERTS{alertname=~"SloBurnRate.+",alertstate="firing",slo=~"$slo"}) or vector(0)',
          'firing',
        ),
      ],
    }),
    barList({
      title: 'Budget left',
      description: 'Of each promise, the emptiest first: what is left of 30 days.',
      unit: 'percentunit',
      span: 10,
      height: 10,
      min: 0,
      max: 1,
      thresholds: betterAbove(0.01, 0.25),
      queries: [now(`bottomk(20, slo:error_budget_remaining:ratio${SLO})`, OF_WHOM)],
    }),
    table({
      title: 'Every promise',
      description:
        'Each promise: what was promised, what is kept, what is left of the budget, and how fast it goes.',
      unit: 'none',
      span: 14,
      height: 10,
      sortBy: 'Burns, 1 h',
      columns: [
        { label: 'slo', title: 'SLO' },
        { label: 'domain', title: 'Domain' },
        { label: 'workflow', title: 'Workflow' },
        { label: 'load', title: 'Load' },
        {
          title: 'Promised',
          unit: 'percentunit',
          decimals: 2,
          expr: `slo:error_ratio:rate30d${SLO} * 0 + on (slo) group_left () slo:objective:ratio`,
        },
        { title: 'Kept, 30 d', unit: 'percentunit', decimals: 3, expr: `1 - slo:error_ratio:rate30d${SLO}` },
        {
          title: 'Left',
          unit: 'percentunit',
          decimals: 1,
          thresholds: betterAbove(0, 0.25),
          expr: `slo:error_budget_remaining:ratio${SLO}`,
        },
        {
          title: 'Burns, 1 h',
          unit: 'short',
          decimals: 2,
          thresholds: BURNS,
          expr: `slo:burn_rate:rate1h${SLO}`,
        },
        {
          title: 'Burns, 1 d',
          unit: 'short',
          decimals: 2,
          thresholds: worseAbove(1, 3),
          expr: `slo:burn_rate:rate1d${SLO}`,
        },
      ],
    }),
    timeSeries({
      title: 'Budget left, over time',
      description: 'Made once an hour. A slope is normal; a step is an incident. Choose a time of days.',
      unit: 'percentunit',
      span: 24,
      signed: true,
      thresholds: betterAbove(0, 0.25),
      queries: [over(`bottomk(10, slo:error_budget_remaining:ratio${SLO})`, OF_WHOM)],
    }),
  ];
}

function burnPanels() {
  const panel = (title: string, description: string, window: string, alarmAt: number) =>
    timeSeries({
      title,
      description,
      unit: 'short',
      span: 12,
      thresholds: worseAbove(1, alarmAt),
      queries: [over(`topk(10, slo:burn_rate:rate${window}${SLO})`, OF_WHOM)],
    });
  return [
    panel('Burn, 5 minutes', 'What happens now. SloBurnRateFast needs this and the hour.', '5m', 14.4),
    panel('Burn, 1 hour', 'At 14.4 an hour takes 2 % of a month’s budget: somebody is woken.', '1h', 14.4),
    panel('Burn, 6 hours', 'At 6 six hours take 5 % of a month’s budget: somebody is woken.', '6h', 6),
    panel('Burn, 1 day', 'At 3 a day takes 10 % of a month’s budget: a ticket.', '1d', 3),
  ];
}

function errorPanels() {
  return [
    timeSeries({
      title: 'Share that goes wrong',
      description: 'Over five minutes: the ten worst.',
      unit: 'percentunit',
      span: 12,
      max: 1,
      queries: [over(`topk(10, slo:error_ratio:rate5m${SLO})`, OF_WHOM)],
    }),
    timeSeries({
      title: 'What counts',
      description:
        'Of how much each second a promise speaks. With very little, one failure is a large share.',
      unit: 'ops',
      span: 12,
      queries: [over(`topk(10, slo:total:rate5m${SLO})`, OF_WHOM)],
    }),
  ];
}
