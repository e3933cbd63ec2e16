import { barList } from './parts/bar-list.js';
import { cimDashboard } from './parts/cim-dashboard.js';
import { heatMap } from './parts/heat-map.js';
import { labelVariable } from './parts/label-variable.js';
import { cellOfRow, labelOfSeries, toDashboard } from './parts/links.js';
import { buckets, now, over, rows } from './parts/prometheus-query.js';
import { QUANTILE_COLORS, quantile, quantilesWithExemplars } from './parts/quantiles.js';
import { stat } from './parts/stat.js';
import { table } from './parts/table.js';
import { badAbove, betterAbove, NEUTRAL, worseAbove } from './parts/threshold-steps.js';
import { timeSeries } from './parts/time-series.js';
import { valueNames } from './parts/value-names.js';

const CHOSEN = '{domain=~"$domain"}';
const rate = (metric: string, selector = CHOSEN): string => `rate(${metric}${selector}[$__rate_interval])`;
const domainOfSeries = [toDashboard('Open this domain', 'cim-domain', 'domain', labelOfSeries('domain'))];

/** All events: how many, how late, of which types, what went wrong, and whether the monitor sees them. */
export const cimEvents = () =>
  cimDashboard({
    uid: 'cim-events',
    title: 'CIM / Events',
    description:
      'All events: how many, how late, of which types, what went wrong, and whether the monitor sees them.',
    tags: ['events'],
    variables: [
      labelVariable({
        name: 'domain',
        label: 'Domain',
        description: 'Domains whose events are shown.',
        of: 'cim_events_total',
      }),
    ],
    sections: [
      { title: 'Now', panels: nowPanels() },
      { title: 'Rate', panels: ratePanels() },
      { title: 'Lag', panels: lagPanels() },
      { title: 'Errors and outcomes', panels: outcomePanels() },
      { title: 'Types', panels: typePanels() },
      { title: 'Health of the monitor', panels: healthPanels() },
    ],
  });

function nowPanels() {
  return [
    stat({
      title: 'Events',
      description:
        'Events received each second. None at all means that nobody publishes, or that the monitor is blind.',
      unit: 'eps',
      span: 4,
      line: true,
      thresholds: NEUTRAL,
      queries: [over(`sum(${rate('cim_events_total')})`, 'events')],
    }),
    stat({
      title: 'Lag, p99',
      description: 'One event of a hundred takes longer from when it was due until it is received.',
      unit: 's',
      span: 4,
      line: true,
      thresholds: worseAbove(0.25, 1),
      queries: [over(quantile(0.99, 'cim_event_lag_seconds', CHOSEN), 'p99')],
    }),
    stat({
      title: 'Failure ratio',
      description: 'Failures among all events of the last five minutes that succeeded or failed.',
      unit: 'percentunit',
      span: 4,
      line: true,
      decimals: 2,
      thresholds: worseAbove(0.01, 0.05),
      queries: [
        over(
          `sum(domain:cim_event_failures:rate5m${CHOSEN}) / (sum(domain:cim_event_outcomes:rate5m${CHOSEN}) > 0)`,
          'failure ratio',
        ),
      ],
    }),
    stat({
      title: 'Unreadable events',
      description: 'Events each second that could not be read as what they claim to be. Below: by reason.',
      unit: 'eps',
      span: 4,
      line: true,
      thresholds: badAbove(0.001),
      queries: [over(`sum(${rate('cim_event_errors_total')}) or vector(0)`, 'errors')],
    }),
    stat({
      title: 'Domains and types',
      description: 'How many domains, and how many pairs of domain and type, the monitor has seen.',
      unit: 'none',
      span: 4,
      thresholds: NEUTRAL,
      queries: [
        now(`count(count by (domain) (cim_events_total${CHOSEN}))`, 'domains', 'A'),
        now(`count(count by (domain, type) (cim_events_total${CHOSEN}))`, 'types', 'B'),
      ],
    }),
    stat({
      title: 'Monitor',
      description:
        'Blind while any monitor has no connection to NATS: what is published meanwhile is not in these figures.',
      unit: 'none',
      span: 4,
      loud: true,
      thresholds: betterAbove(1, 1),
      mappings: valueNames([0, 'blind', 'red'], [1, 'sees', 'green']),
      queries: [now('min(cim_monitor_connected)', 'monitor')],
    }),
  ];
}

function ratePanels() {
  return [
    timeSeries({
      title: 'Events by domain',
      description: 'The twenty busiest domains. A line that breaks off is a domain that fell silent.',
      unit: 'eps',
      span: 12,
      height: 9,
      stacked: true,
      links: domainOfSeries,
      queries: [over(`topk(20, sum by (domain) (${rate('cim_events_total')}))`, '{{domain}}')],
    }),
    timeSeries({
      title: 'Events by type',
      description: 'The fifteen busiest types of the chosen domains.',
      unit: 'eps',
      span: 12,
      height: 9,
      links: domainOfSeries,
      queries: [over(`topk(15, sum by (domain, type) (${rate('cim_events_total')}))`, '{{domain}} {{type}}')],
    }),
    timeSeries({
      title: 'Bytes by domain',
      description: 'Payload bytes received each second, without headers.',
      unit: 'Bps',
      span: 12,
      stacked: true,
      links: domainOfSeries,
      queries: [over(`topk(20, sum by (domain) (${rate('cim_event_bytes_total')}))`, '{{domain}}')],
    }),
    timeSeries({
      title: 'Events in a message',
      description:
        'How many events one message carries on average: above one where they are published in batches.',
      unit: 'short',
      span: 12,
      links: domainOfSeries,
      queries: [
        over(
          `sum by (domain) (${rate('cim_events_total')}) / (sum by (domain) (${rate('cim_event_messages_total')}) > 0)`,
          '{{domain}}',
        ),
      ],
    }),
    timeSeries({
      title: 'Rate and what is usual',
      description:
        'Events of the last hour by domain, and the median of the same hour on each of the last seven days: the ten domains furthest from it.',
      unit: 'eps',
      span: 12,
      links: domainOfSeries,
      empty: 'history',
      queries: [
        over(
          `domain:cim_events:rate1h${CHOSEN} and on (domain) topk(10, abs(domain:cim_events:rate1h_deviations${CHOSEN}))`,
          '{{domain}}',
          'A',
        ),
        over(
          `domain:cim_events:rate1h_usual${CHOSEN} and on (domain) topk(10, abs(domain:cim_events:rate1h_deviations${CHOSEN}))`,
          '{{domain}}, usual',
          'B',
        ),
      ],
    }),
    timeSeries({
      title: 'Deviation from what is usual',
      description:
        'How far the rate of a domain is from what is usual at this hour, in standard deviations. Far from zero for long: EventRateAnomaly tells.',
      unit: 'short',
      span: 12,
      signed: true,
      links: domainOfSeries,
      empty: 'history',
      queries: [over(`domain:cim_events:rate1h_deviations${CHOSEN}`, '{{domain}}')],
    }),
  ];
}

function lagPanels() {
  return [
    timeSeries({
      title: 'Lag',
      description:
        'From when an event was due or happened until it was received. The points are exemplars: each leads to the trace of an event.',
      unit: 's',
      span: 12,
      height: 9,
      logarithmic: true,
      colors: QUANTILE_COLORS,
      queries: quantilesWithExemplars('cim_event_lag_seconds', CHOSEN),
    }),
    heatMap({
      title: 'Lag, all of it',
      description:
        'How many events had which lag. Two bands are two populations: look for a domain, or a server, of its own.',
      unit: 's',
      span: 12,
      height: 9,
      queries: [buckets(`sum by (le) (${rate('cim_event_lag_seconds_bucket')})`)],
    }),
    timeSeries({
      title: 'Lag by domain, p99',
      description: 'The fifteen slowest domains.',
      unit: 's',
      span: 12,
      logarithmic: true,
      links: domainOfSeries,
      queries: [
        over(`topk(15, ${quantile(0.99, 'cim_event_lag_seconds', CHOSEN, ['domain'])})`, '{{domain}}'),
      ],
    }),
    timeSeries({
      title: 'Lag that could not be',
      description:
        'Events whose lag was negative, as the clock of their machine is ahead of ours, or above an hour; they are in no quantile. Any at all: look at the clocks.',
      unit: 'eps',
      span: 12,
      queries: [over('sum by (sign) (rate(cim_monitor_lag_discarded_total[$__rate_interval]))', '{{sign}}')],
    }),
  ];
}

function outcomePanels() {
  return [
    timeSeries({
      title: 'Outcomes',
      description: 'Events that tell an outcome, by what it was.',
      unit: 'eps',
      span: 8,
      stacked: true,
      colors: { success: 'green', failure: 'red' },
      queries: [over(`sum by (outcome) (${rate('cim_event_outcomes_total')})`, '{{outcome}}')],
    }),
    timeSeries({
      title: 'Failure ratio by domain',
      description: 'Failures among what succeeded or failed, over five minutes: the ten worst.',
      unit: 'percentunit',
      span: 8,
      max: 1,
      thresholds: worseAbove(0.01, 0.05),
      links: domainOfSeries,
      queries: [over(`topk(10, domain:cim_event_failures:ratio_rate5m${CHOSEN})`, '{{domain}}')],
    }),
    timeSeries({
      title: 'Unreadable events by reason',
      description:
        'Events that could not be read as what they claim to be, by reason and domain. Find who publishes them: the first of each is in the journal.',
      unit: 'eps',
      span: 8,
      links: domainOfSeries,
      noValue: 'none',
      queries: [over(`sum by (domain, reason) (${rate('cim_event_errors_total')})`, '{{domain}} {{reason}}')],
    }),
    timeSeries({
      title: 'Stamped events: received',
      description: 'Events with a stamp, by the load that wrote them; duplicates are not counted.',
      unit: 'eps',
      span: 8,
      queries: [over('sum by (load) (rate(cim_events_received_total[$__rate_interval]))', '{{load}}')],
    }),
    timeSeries({
      title: 'Stamped events: lost',
      description:
        'Events that the sequence of their writer shows to be missing, since the start of what is shown.',
      unit: 'short',
      span: 8,
      decimals: 0,
      queries: [over('sum by (load) (increase(cim_events_lost_total[$__range]))', '{{load}}')],
    }),
    timeSeries({
      title: 'Stamped events: again',
      description: 'Events that came more than once, since the start of what is shown.',
      unit: 'short',
      span: 8,
      decimals: 0,
      queries: [over('sum by (load) (increase(cim_events_duplicated_total[$__range]))', '{{load}}')],
    }),
  ];
}

function typePanels() {
  const columns = ['domain', 'type'];
  return [
    barList({
      title: 'Busiest types',
      description: 'Share of all events of the chosen domains in the time shown.',
      unit: 'percentunit',
      span: 8,
      height: 12,
      max: 1,
      queries: [
        now(
          `topk(15, sum by (domain, type) (increase(cim_events_total${CHOSEN}[$__range]))) / scalar(sum(increase(cim_events_total${CHOSEN}[$__range])))`,
          '{{domain}} {{type}}',
        ),
      ],
    }),
    table({
      title: 'Every type',
      description:
        'Each pair of domain and type: its rate, how many there were, and when the last came. A type that nobody publishes any more stays here with its age.',
      unit: 'none',
      span: 16,
      height: 12,
      sortBy: 'Rate',
      columns: [
        {
          from: 'domain',
          title: 'Domain',
          link: { title: 'Open this domain', url: linkOf('cim-domain', 'domain', 'Domain') },
        },
        { from: 'type', title: 'Type' },
        { from: 'A', title: 'Rate', unit: 'eps', bar: true },
        { from: 'B', title: 'Events', unit: 'short' },
        { from: 'C', title: 'Bytes', unit: 'bytes' },
        { from: 'D', title: 'Last seen', unit: 's', thresholds: worseAbove(60, 600) },
      ],
      queries: [
        rows(`sum by (${columns}) (${rate('cim_events_total')})`, 'A'),
        rows(`sum by (${columns}) (cim_events_total${CHOSEN})`, 'B'),
        rows(`sum by (${columns}) (cim_event_bytes_total${CHOSEN})`, 'C'),
        rows(`time() - max by (${columns}) (cim_event_last_seen_timestamp_seconds${CHOSEN})`, 'D'),
      ],
    }),
  ];
}

function healthPanels() {
  return [
    timeSeries({
      title: 'Connected',
      description: 'For each monitor: 1 while it is connected to NATS.',
      unit: 'none',
      span: 6,
      max: 1,
      decimals: 0,
      legend: 'list',
      queries: [over('cim_monitor_connected', '{{instance}}')],
    }),
    timeSeries({
      title: 'Blind',
      description: 'Share of the time without a connection: events published then were missed.',
      unit: 'percentunit',
      span: 6,
      max: 1,
      legend: 'list',
      thresholds: badAbove(0.01),
      queries: [
        over('rate(cim_monitor_blind_seconds_total[$__rate_interval])', 'blind {{instance}}', 'A'),
        over('increase(cim_monitor_reconnects_total[$__rate_interval])', 'reconnects {{instance}}', 'B'),
      ],
    }),
    timeSeries({
      title: 'Series',
      description:
        'Pairs of domain and type that are told apart, and how many may be. At the limit new ones are counted as "other": raise it, or find who puts ids into subjects.',
      unit: 'short',
      span: 6,
      legend: 'list',
      limits: ['limit'],
      queries: [
        over('max(cim_monitor_series)', 'series', 'A'),
        over('max(cim_monitor_series_limit)', 'limit', 'B'),
        over('sum(rate(cim_monitor_series_dropped_total[$__rate_interval]))', 'as "other", events/s', 'C'),
      ],
    }),
    timeSeries({
      title: 'Making of the page',
      description:
        'How long the last page of metrics took to make. Above a second Prometheus begins to miss scrapes.',
      unit: 's',
      span: 6,
      legend: 'list',
      thresholds: worseAbove(0.25, 1),
      queries: [over('cim_monitor_scrape_seconds', '{{instance}}')],
    }),
  ];
}

const linkOf = (uid: string, variable: string, column: string): string =>
  toDashboard('', uid, variable, cellOfRow(column)).build().url ?? '';
