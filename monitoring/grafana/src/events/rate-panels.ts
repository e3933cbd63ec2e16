import { over } from '../parts/prometheus-query.js';
import { timeSeries } from '../parts/time-series.js';
import { CHOSEN, domainOfSeries, rate } from './selectors.js';

/** How much there is, and what is usual. */
export function ratePanels() {
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
        ),
        over(
          `domain:cim_events:rate1h_usual${CHOSEN} and on (domain) topk(10, abs(domain:cim_events:rate1h_deviations${CHOSEN}))`,
          '{{domain}}, usual',
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
