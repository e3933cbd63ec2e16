import {
  CustomVariableBuilder,
  TextBoxVariableBuilder,
  type VariableOption,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { cimDashboard } from './parts/cim-dashboard.js';
import { jaegerVariable } from './parts/data-sources.js';
import { heatMap } from './parts/heat-map.js';
import { labelVariable } from './parts/label-variable.js';
import { bucketsWithExemplars, overWithExemplars } from './parts/prometheus-query.js';
import { quantile } from './parts/quantiles.js';
import { timeSeries } from './parts/time-series.js';
import { callGraph, traceView } from './parts/trace-panels.js';
import { traceTable } from './parts/trace-table.js';

/** Who records spans: a run and its monitor; the services of its loads, `stormglass-orders`, are typed in. */
const SERVICES = ['stormglass-monitor', 'stormglass'] as const;
const AT_LEAST = ['1ms', '10ms', '100ms', '1s', '10s'] as const;

/** From figures to single events: exemplars, the slowest traces, one trace. */
export const cimTraces = () =>
  cimDashboard({
    uid: 'cim-traces',
    title: 'CIM / Traces',
    description:
      'From figures to single events: click a point of a histogram, or choose among the slowest traces, and see what took so long.',
    tags: ['traces'],
    variables: [
      jaegerVariable(),
      labelVariable({
        name: 'domain',
        label: 'Domain',
        description: 'Domains whose lag is shown.',
        of: 'cim_event_lag_seconds_count',
      }),
      choice(
        'service',
        'Service',
        'Whose spans to search; of a load it is stormglass- and its name.',
        SERVICES,
      ),
      choice('slower', 'Slower than', 'Traces that took less are left out.', AT_LEAST, 1),
      new TextBoxVariableBuilder('trace')
        .label('Trace')
        .description(
          'The id of the trace that is shown at the bottom; a click on one in a table puts it here.',
        )
        .defaultValue(''),
    ],
    sections: [
      { title: 'From figures to events', panels: exemplarPanels() },
      { title: 'Traces', panels: tracePanels() },
      { title: 'One trace', panels: onePanels() },
    ],
  });

function exemplarPanels() {
  return [
    timeSeries({
      title: 'Lag of events',
      description: 'The points are exemplars: single events of that lag. Click one, then "Open in Jaeger".',
      unit: 's',
      span: 12,
      height: 10,
      logarithmic: true,
      legend: 'list',
      queries: [
        overWithExemplars(
          quantile(0.99, 'cim_event_lag_seconds', '{domain=~"$domain"}', ['domain']),
          '{{domain}} p99',
        ),
      ],
    }),
    heatMap({
      title: 'Lag of events, all of it',
      description:
        'How many events had which lag, and single ones of them as points. Click one at the top, then "Open in Jaeger".',
      unit: 's',
      span: 12,
      height: 10,
      queries: [
        bucketsWithExemplars(
          'sum by (le) (rate(cim_event_lag_seconds_bucket{domain=~"$domain"}[$__rate_interval]))',
        ),
      ],
    }),
  ];
}

function tracePanels() {
  return [
    traceTable({
      title: 'Slowest traces',
      description:
        'The newest traces in which a span of the chosen service took longer than chosen, the longest first. A click on an id shows it below.',
      span: 14,
      search: { service: '$service', minDuration: '$slower', limit: 50 },
    }),
    callGraph({
      title: 'Who follows whom',
      description: 'Services whose spans follow one another: who publishes, who receives.',
      span: 10,
    }),
    traceTable({
      title: 'Failed traces',
      description:
        'The newest traces in which a span of the chosen service failed: commands and acknowledgements do, of the service of their load, stormglass- and its name.',
      span: 14,
      search: { service: '$service', tags: 'error=true', limit: 50 },
    }),
    traceTable({
      title: 'Runs',
      description:
        'The traces of runs of stormglass: their phases and, within the load, their faults. Spans of events that a fault slowed are linked to it.',
      span: 10,
      search: { service: 'stormglass', operation: 'run', limit: 20 },
    }),
  ];
}

function onePanels() {
  return [
    traceView({
      title: 'The chosen trace',
      description: 'What took how long, and what caused what. Empty until a trace is chosen above.',
      traceId: '$trace',
      height: 16,
    }),
  ];
}

function choice(
  name: string,
  label: string,
  description: string,
  values: readonly string[],
  chosen = 0,
): CustomVariableBuilder {
  const options = values.map(
    (value, index): VariableOption => ({ text: value, value, selected: index === chosen }),
  );
  return new CustomVariableBuilder(name)
    .label(label)
    .description(description)
    .values(values.join(','))
    .options(options)
    .current({ text: values[chosen] ?? '', value: values[chosen] ?? '' })
    .multi(false)
    .includeAll(false)
    .allowCustomValue(true);
}
