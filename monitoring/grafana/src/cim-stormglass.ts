import { BigValueTextMode } from '@grafana/grafana-foundation-sdk/common';
import { cimDashboard } from './parts/cim-dashboard.js';
import { labelVariable } from './parts/label-variable.js';
import { now, over, rows } from './parts/prometheus-query.js';
import { stat } from './parts/stat.js';
import { stateTimeline } from './parts/state-timeline.js';
import { table } from './parts/table.js';
import { badAbove, NEUTRAL, worseAbove } from './parts/threshold-steps.js';
import { timeSeries } from './parts/time-series.js';
import { valueNames } from './parts/value-names.js';

const RUN = '{run=~"$run"}';
const LOAD = '{run=~"$run",load=~"$load"}';
const OUTCOME_COLORS = {
  ok: 'green',
  failed: 'red',
  unknown: 'purple',
  dropped: 'orange',
  unsent: 'yellow',
} as const;

/** A run of stormglass: where it is, what it breaks, what becomes of its load. */
export const cimStormglass = () =>
  cimDashboard({
    uid: 'cim-stormglass',
    title: 'CIM / stormglass run',
    description:
      'A run of stormglass: in which phase it is, what it breaks, and what becomes of its load meanwhile.',
    tags: ['stormglass'],
    variables: [
      labelVariable({
        name: 'run',
        label: 'Run',
        description: 'Runs whose events the monitor saw.',
        of: 'cim_stormglass_phase',
      }),
      labelVariable({
        name: 'load',
        label: 'Load',
        description: 'Loads of the chosen runs.',
        of: 'cim_stormglass_due_total{run=~"$run"}',
      }),
    ],
    sections: [
      { title: 'The run', panels: runPanels() },
      { title: 'Load', panels: loadPanels() },
      { title: 'Latency', panels: latencyPanels() },
      { title: 'Deliveries', panels: deliveryPanels() },
    ],
  });

function runPanels() {
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
      thresholds: [
        { value: null, color: 'transparent' },
        { value: 1, color: 'blue' },
      ],
      mappings: valueNames([0, 'no', 'transparent'], [1, 'in this phase', 'blue']),
      queries: [over(`max by (run, phase) (cim_stormglass_phase${RUN})`, '{{phase}}')],
    }),
    stateTimeline({
      title: 'Faults',
      description: 'When which fault held, and on whom.',
      unit: 'none',
      span: 16,
      height: 8,
      thresholds: [
        { value: null, color: 'transparent' },
        { value: 1, color: 'orange' },
      ],
      mappings: valueNames([0, 'healed', 'transparent'], [1, 'holds', 'orange']),
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
        { from: 'kind', title: 'Kind' },
        { from: 'status', title: 'Became' },
        { from: 'A', title: 'Faults', unit: 'short', decimals: 0 },
      ],
      queries: [rows(`sum by (kind, status) (cim_stormglass_faults_total${RUN})`, 'A')],
    }),
  ];
}

function loadPanels() {
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
        over(`sum(rate(cim_stormglass_due_total${LOAD}[$__rate_interval]))`, 'due', 'A'),
        over(
          `sum by (outcome) (rate(cim_stormglass_operations_total${LOAD}[$__rate_interval]))`,
          '{{outcome}}',
          'B',
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
        { from: 'load', title: 'Load' },
        { from: 'A', title: 'Due', unit: 'short' },
        { from: 'B', title: 'Ok', unit: 'short' },
        { from: 'C', title: 'Not ok', unit: 'short', thresholds: badAbove(1) },
      ],
      queries: [
        rows(`sum by (load) (cim_stormglass_due_total${LOAD})`, 'A'),
        rows('sum by (load) (cim_stormglass_operations_total{run=~"$run",load=~"$load",outcome="ok"})', 'B'),
        rows(
          `sum by (load) (cim_stormglass_operations_total{run=~"$run",load=~"$load",outcome!="ok"}) or sum by (load) (cim_stormglass_due_total${LOAD}) * 0`,
          'C',
        ),
      ],
    }),
  ];
}

function latencyPanels() {
  return [
    timeSeries({
      title: 'Latency',
      description: 'Of the last second, from when an operation was due, by load, measure and quantile.',
      unit: 's',
      span: 12,
      height: 9,
      logarithmic: true,
      queries: [
        over(
          `max by (load, measure, quantile) (cim_stormglass_latency_seconds${LOAD})`,
          '{{load}} {{measure}} {{quantile}}',
        ),
      ],
    }),
    timeSeries({
      title: 'Latency, worst quantile',
      description: 'The highest quantile that is told, by load and measure.',
      unit: 's',
      span: 12,
      height: 9,
      logarithmic: true,
      queries: [
        over(`max by (load, measure) (cim_stormglass_latency_seconds${LOAD})`, '{{load}} {{measure}}'),
      ],
    }),
  ];
}

function deliveryPanels() {
  return [
    timeSeries({
      title: 'Received by the monitor',
      description: 'Events of the loads that the monitor received, without duplicates.',
      unit: 'eps',
      span: 12,
      queries: [
        over('sum by (load) (rate(cim_events_received_total{load=~"$load"}[$__rate_interval]))', '{{load}}'),
      ],
    }),
    timeSeries({
      title: 'Lost and duplicated',
      description:
        'Events of the loads that the monitor misses, and those that came again, since the start of what is shown.',
      unit: 'short',
      span: 12,
      decimals: 0,
      queries: [
        over(
          'sum by (load) (increase(cim_events_lost_total{load=~"$load"}[$__range]))',
          '{{load}} lost',
          'A',
        ),
        over(
          'sum by (load) (increase(cim_events_duplicated_total{load=~"$load"}[$__range]))',
          '{{load}} again',
          'B',
        ),
      ],
    }),
  ];
}
