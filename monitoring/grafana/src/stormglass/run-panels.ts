import { BigValueTextMode } from '@grafana/grafana-foundation-sdk/common';
import { now, over } from '../parts/prometheus-query.js';
import { stat } from '../parts/stat.js';
import { stateTimeline } from '../parts/state-timeline.js';
import { table } from '../parts/table.js';
import { badAbove, NEUTRAL, worseAbove } from '../parts/threshold-steps.js';
import { valueNames } from '../parts/value-names.js';
import { LOAD, RUN } from './selectors.js';

/** Where the run is, and what it breaks. */
export function runPanels() {
  return [
    stat({
      title: 'Phase',
      description: 'In which phase the run is, or was last.',
      unit: 'none',
      span: 6,
      text: BigValueTextMode.Name,
      thresholds: NEUTRAL,
      noValue: 'no run',
      queries: [now(`max by (phase) (cim_stormglass_phase${RUN}) == 1`, '{{phase}}')],
    }),
    stat({
      title: 'Faults that hold',
      description: 'Faults that were injected and not yet healed.',
      unit: 'none',
      span: 6,
      loud: true,
      thresholds: worseAbove(1, 1_000),
      queries: [now(`sum(cim_stormglass_fault_active${RUN}) or vector(0)`, 'faults')],
    }),
    stat({
      title: 'Operations ok',
      description: 'Share of all operations of the run that ended well.',
      unit: 'percentunit',
      span: 6,
      decimals: 3,
      thresholds: NEUTRAL,
      queries: [
        now(
          `sum(cim_stormglass_operations_total{run=~"$run",load=~"$load",outcome="ok"}) / (sum(cim_stormglass_operations_total${LOAD}) > 0)`,
          'ok',
        ),
      ],
    }),
    stat({
      title: 'Operations not ok',
      description: 'Operations of the run that failed, or of which nobody knows.',
      unit: 'short',
      span: 6,
      thresholds: badAbove(1),
      queries: [
        now(
          `sum(cim_stormglass_operations_total${LOAD}) - sum(cim_stormglass_operations_total{run=~"$run",load=~"$load",outcome="ok"})`,
          'not ok',
        ),
      ],
    }),
    stateTimeline({
      title: 'Phases',
      description: 'When the run was in which phase.',
      unit: 'none',
      span: 24,
      height: 8,
      ...shownWhile('blue', { not: 'no', is: 'in this phase' }),
      queries: [over(`max by (run, phase) (cim_stormglass_phase${RUN})`, '{{phase}}')],
    }),
    stateTimeline({
      title: 'Faults',
      description: 'When which fault held, and on whom.',
      unit: 'none',
      span: 16,
      height: 8,
      ...shownWhile('orange', { not: 'healed', is: 'holds' }),
      queries: [
        over(
          `max by (fault, kind, target) (cim_stormglass_fault_active${RUN})`,
          '{{fault}} {{kind}} {{target}}',
        ),
      ],
    }),
    table({
      title: 'Faults made',
      description: 'By kind, and by what became of them.',
      unit: 'none',
      span: 8,
      height: 8,
      sortBy: 'Faults',
      columns: [
        { label: 'kind', title: 'Kind' },
        { label: 'status', title: 'Became' },
        {
          title: 'Faults',
          unit: 'short',
          decimals: 0,
          expr: `sum by (kind, status) (cim_stormglass_faults_total${RUN})`,
        },
      ],
    }),
  ];
}

/** Of a figure that is 1 while something is so, and 0 else: only the 1 has a colour. */
const shownWhile = (color: string, { not, is }: { readonly not: string; readonly is: string }) => ({
  thresholds: [
    { value: null, color: 'transparent' },
    { value: 1, color },
  ],
  mappings: valueNames([0, not, 'transparent'], [1, is, color]),
});
