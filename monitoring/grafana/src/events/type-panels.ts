import { barList } from '../parts/bar-list.js';
import { cellOfRow, toDashboard } from '../parts/links.js';
import { now } from '../parts/prometheus-query.js';
import { table } from '../parts/table.js';
import { worseAbove } from '../parts/threshold-steps.js';
import { CHOSEN, rate } from './selectors.js';

/** Which events there are. */
export function typePanels() {
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
          label: 'domain',
          title: 'Domain',
          link: { title: 'Open this domain', url: linkOf('cim-domain', 'domain', 'Domain') },
        },
        { label: 'type', title: 'Type' },
        { title: 'Rate', unit: 'eps', bar: true, expr: `sum by (${columns}) (${rate('cim_events_total')})` },
        { title: 'Events', unit: 'short', expr: `sum by (${columns}) (cim_events_total${CHOSEN})` },
        { title: 'Bytes', unit: 'bytes', expr: `sum by (${columns}) (cim_event_bytes_total${CHOSEN})` },
        {
          title: 'Last seen',
          unit: 's',
          thresholds: worseAbove(60, 600),
          expr: `time() - max by (${columns}) (cim_event_last_seen_timestamp_seconds${CHOSEN})`,
        },
      ],
    }),
  ];
}

const linkOf = (uid: string, variable: string, column: string): string =>
  toDashboard('', uid, variable, cellOfRow(column)).build().url ?? '';
