import { over } from '../parts/prometheus-query.js';
import { table } from '../parts/table.js';
import { badAbove } from '../parts/threshold-steps.js';
import { timeSeries } from '../parts/time-series.js';
import { LOAD } from './selectors.js';

const OUTCOME_COLORS = {
  ok: 'green',
  failed: 'red',
  unknown: 'purple',
  dropped: 'orange',
  unsent: 'yellow',
} as const;

/** What becomes of its operations. */
export function loadPanels() {
  return [
    timeSeries({
      title: 'Due and done',
      description:
        'Operations that were due each second, and what became of them. Due goes on whatever the system does: a gap between the two is what waits or is lost.',
      unit: 'ops',
      span: 12,
      height: 9,
      limits: ['due'],
      colors: OUTCOME_COLORS,
      queries: [
        over(`sum(rate(cim_stormglass_due_total${LOAD}[$__rate_interval]))`, 'due'),
        over(
          `sum by (outcome) (rate(cim_stormglass_operations_total${LOAD}[$__rate_interval]))`,
          '{{outcome}}',
        ),
      ],
    }),
    timeSeries({
      title: 'Done by load',
      description: 'Operations of each load that ended well.',
      unit: 'ops',
      span: 12,
      height: 9,
      queries: [
        over(
          'sum by (load) (rate(cim_stormglass_operations_total{run=~"$run",load=~"$load",outcome="ok"}[$__rate_interval]))',
          '{{load}}',
        ),
      ],
    }),
    timeSeries({
      title: 'Not ok by load',
      description:
        'Operations that did not end well, by load and outcome: failed certainly did not happen, of unknown nobody knows, dropped and unsent never left.',
      unit: 'ops',
      span: 12,
      queries: [
        over(
          'sum by (load, outcome) (rate(cim_stormglass_operations_total{run=~"$run",load=~"$load",outcome!="ok"}[$__rate_interval])) or sum by (load) (rate(cim_stormglass_due_total{run=~"$run",load=~"$load"}[$__rate_interval])) * 0',
          '{{load}} {{outcome}}',
        ),
      ],
    }),
    table({
      title: 'Every load',
      description: 'Operations of each load since it began.',
      unit: 'none',
      span: 12,
      sortBy: 'Due',
      columns: [
        { label: 'load', title: 'Load' },
        { title: 'Due', unit: 'short', expr: `sum by (load) (cim_stormglass_due_total${LOAD})` },
        {
          title: 'Ok',
          unit: 'short',
          expr: 'sum by (load) (cim_stormglass_operations_total{run=~"$run",load=~"$load",outcome="ok"})',
        },
        {
          title: 'Not ok',
          unit: 'short',
          thresholds: badAbove(1),
          expr: `sum by (load) (cim_stormglass_operations_total{run=~"$run",load=~"$load",outcome!="ok"}) or sum by (load) (cim_stormglass_due_total${LOAD}) * 0`,
        },
      ],
    }),
  ];
}
