import type { MetricDescription } from '../../contracts/metric.js';

const OWN = 'cim.events.stormglass.>';

/** Made of what a run says of itself, as events. */
export const RUN_METRICS = [
  {
    name: 'cim_stormglass_phase',
    type: 'gauge',
    labels: ['run', 'phase'],
    source: OWN,
    help: '1 for the phase in which the run is.',
  },
  {
    name: 'cim_stormglass_fault_active',
    type: 'gauge',
    labels: ['run', 'fault', 'kind', 'target'],
    source: OWN,
    help: '1 while the fault holds, 0 when it was healed.',
  },
  {
    name: 'cim_stormglass_faults_total',
    type: 'counter',
    labels: ['run', 'kind', 'status'],
    source: OWN,
    help: 'Faults made, by what became of them.',
  },
  {
    name: 'cim_stormglass_operations_total',
    type: 'counter',
    labels: ['run', 'load', 'outcome'],
    source: OWN,
    help: 'Operations of a load by outcome: ok, failed, unknown, dropped, unsent.',
  },
  {
    name: 'cim_stormglass_due_total',
    type: 'counter',
    labels: ['run', 'load'],
    source: OWN,
    help: 'Operations of a load that were due.',
  },
  {
    name: 'cim_stormglass_latency_seconds',
    type: 'summary',
    labels: ['run', 'load', 'measure', 'quantile'],
    source: OWN,
    help: 'Latency of the last second, by quantile.',
  },
] as const satisfies readonly MetricDescription[];

export type RunMetricName = (typeof RUN_METRICS)[number]['name'];
