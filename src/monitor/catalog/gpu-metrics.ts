import type { MetricDescription } from '../../contracts/metric.js';

const GPU = ['node', 'gpu', 'vendor', 'model'] as const;
const EVENTS = 'what a configuration declares';

/** Of NVIDIA's and Apple's alike. The monitor makes none of them by itself: `metrics:` may declare them, exactly so. */
export const GPU_METRICS = [
  { name: 'cim_gpu_up', type: 'gauge', labels: GPU, source: EVENTS, help: '1 while the device answers.' },
  {
    name: 'cim_gpu_utilization_ratio',
    type: 'gauge',
    labels: GPU,
    source: EVENTS,
    help: 'Share of the time in which the device worked.',
  },
  {
    name: 'cim_gpu_memory_used_bytes',
    type: 'gauge',
    labels: GPU,
    source: EVENTS,
    help: 'Memory of the device in use.',
  },
  {
    name: 'cim_gpu_memory_total_bytes',
    type: 'gauge',
    labels: GPU,
    source: EVENTS,
    help: 'Memory of the device.',
  },
  {
    name: 'cim_gpu_temperature_celsius',
    type: 'gauge',
    labels: GPU,
    source: EVENTS,
    help: 'Temperature of the device.',
  },
  {
    name: 'cim_gpu_power_watts',
    type: 'gauge',
    labels: GPU,
    source: EVENTS,
    help: 'Power that the device draws.',
  },
  {
    name: 'cim_gpu_allocation_failures_total',
    type: 'counter',
    labels: GPU,
    source: EVENTS,
    help: 'Allocations of memory that failed.',
  },
] as const satisfies readonly MetricDescription[];

export type GpuMetricName = (typeof GPU_METRICS)[number]['name'];
