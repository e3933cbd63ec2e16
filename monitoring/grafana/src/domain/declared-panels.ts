import { over } from '../parts/prometheus-query.js';
import { table } from '../parts/table.js';
import { timeSeries } from '../parts/time-series.js';

/** What `metrics:` of the monitor's configuration declares has any name: what is left when ours are taken away. */
const DECLARED =
  '{domain="$domain",job!="",__name__!~"(cim|gnatsd|jetstream)_.+|.+:.+|.+_(bucket|sum)|ALERTS.*"}';

/** What `metrics:` of the monitor makes of its events. */
export function declaredPanels() {
  return [
    timeSeries({
      title: 'Declared metrics',
      description:
        'What `metrics:` of the monitor’s configuration makes of fields of events and gives the label domain, summed over its other labels: counters as they stand, of a histogram how many.',
      unit: 'short',
      span: 16,
      signed: true,
      noValue: 'none declared',
      queries: [over(`sum by (__name__) (${DECLARED})`, '{{__name__}}')],
    }),
    table({
      title: 'Declared metrics, now',
      description: 'The same, as they stand.',
      unit: 'short',
      span: 8,
      sortBy: 'Value',
      noValue: 'none declared',
      columns: [
        { label: '__name__', title: 'Metric' },
        { title: 'Value', unit: 'short', expr: `sum by (__name__) (${DECLARED})` },
      ],
    }),
  ];
}
