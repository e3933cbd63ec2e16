import { cimDashboard } from './parts/cim-dashboard.js';
import { labelVariable } from './parts/label-variable.js';
import { now, over } from './parts/prometheus-query.js';
import { stat } from './parts/stat.js';
import { stateTimeline } from './parts/state-timeline.js';
import { table } from './parts/table.js';
import { badAbove, betterAbove, NEUTRAL, worseAbove } from './parts/threshold-steps.js';
import { type TimeSeriesFace, timeSeries } from './parts/time-series.js';
import { valueNames } from './parts/value-names.js';

const CHOSEN = '{vendor=~"$vendor",node=~"$node",gpu=~"$gpu"}';
const LEGEND = '{{node}} {{gpu}}';
const each = (metric: string): string => `max by (node, gpu, vendor, model) (${metric}${CHOSEN})`;
const MEMORY_SHARE = `${each('cim_gpu_memory_used_bytes')} / (${each('cim_gpu_memory_total_bytes')} > 0)`;

/** GPUs of NVIDIA and of Apple alike, by the same metrics. */
export const cimGpu = () =>
  cimDashboard({
    uid: 'cim-gpu',
    title: 'CIM / GPU',
    description:
      'GPUs of NVIDIA and of Apple alike: what they do, what they hold, how hot they are, and what they refused.',
    tags: ['gpu'],
    variables: [
      labelVariable({
        name: 'vendor',
        label: 'Vendor',
        description: 'NVIDIA or Apple.',
        of: 'cim_gpu_up',
        empty: 'hardware',
      }),
      labelVariable({
        name: 'node',
        label: 'Node',
        description: 'Machines with GPUs.',
        of: 'cim_gpu_up{vendor=~"$vendor"}',
        empty: 'hardware',
      }),
      labelVariable({
        name: 'gpu',
        label: 'GPU',
        description: 'The GPUs of the chosen machines.',
        of: 'cim_gpu_up{vendor=~"$vendor",node=~"$node"}',
        empty: 'hardware',
      }),
    ],
    sections: [
      { title: 'Now', panels: nowPanels() },
      { title: 'Work and memory', panels: workPanels() },
      { title: 'Heat and power', panels: heatPanels() },
      { title: 'Refusals', panels: refusalPanels() },
    ],
  });

function nowPanels() {
  return [
    stat({
      title: 'GPUs that answer',
      description: 'Of all that were seen.',
      unit: 'none',
      span: 4,
      thresholds: NEUTRAL,
      empty: 'hardware',
      queries: [now(`sum(${each('cim_gpu_up')})`, 'answer'), now(`count(${each('cim_gpu_up')})`, 'seen')],
    }),
    stat({
      title: 'Busiest',
      description: 'The largest utilization of any GPU.',
      unit: 'percentunit',
      span: 4,
      line: true,
      max: 1,
      thresholds: NEUTRAL,
      empty: 'hardware',
      queries: [over(`max(cim_gpu_utilization_ratio${CHOSEN})`, 'utilization')],
    }),
    stat({
      title: 'Fullest',
      description: 'The largest share of its memory that any GPU uses. When it is full, allocations fail.',
      unit: 'percentunit',
      span: 4,
      line: true,
      max: 1,
      thresholds: worseAbove(0.85, 0.95),
      empty: 'hardware',
      queries: [over(`max(${MEMORY_SHARE})`, 'memory')],
    }),
    stat({
      title: 'Hottest',
      description: 'The highest temperature of any GPU. Above its limit it slows down.',
      unit: 'celsius',
      span: 4,
      line: true,
      thresholds: worseAbove(75, 85),
      empty: 'hardware',
      queries: [over(`max(cim_gpu_temperature_celsius${CHOSEN})`, 'temperature')],
    }),
    stat({
      title: 'Power',
      description: 'What all GPUs draw together.',
      unit: 'watt',
      span: 4,
      line: true,
      thresholds: NEUTRAL,
      empty: 'hardware',
      queries: [over(`sum(${each('cim_gpu_power_watts')})`, 'power')],
    }),
    stat({
      title: 'Allocations refused',
      description: 'Allocations of memory that failed in the time shown.',
      unit: 'none',
      span: 4,
      decimals: 0,
      loud: true,
      thresholds: badAbove(1),
      empty: 'hardware',
      queries: [now(`sum(increase(cim_gpu_allocation_failures_total${CHOSEN}[$__range]))`, 'refused')],
    }),
  ];
}

function workPanels() {
  return [
    gpuLines({
      title: 'Utilization',
      description: 'Share of the time in which the device worked.',
      unit: 'percentunit',
      max: 1,
      queries: [over(each('cim_gpu_utilization_ratio'), LEGEND)],
    }),
    gpuLines({
      title: 'Memory used',
      description: 'Share of the device’s memory; of Apple’s, of what it shares with the machine.',
      unit: 'percentunit',
      max: 1,
      thresholds: worseAbove(0.85, 0.95),
      queries: [over(MEMORY_SHARE, LEGEND)],
    }),
    stateTimeline({
      title: 'When GPUs answered',
      description: 'When which device answered its probe.',
      unit: 'none',
      span: 24,
      height: 6,
      thresholds: betterAbove(1, 1),
      mappings: valueNames([0, 'down', 'red'], [1, 'up', 'green']),
      empty: 'hardware',
      queries: [over(`min by (node, gpu) (cim_gpu_up${CHOSEN})`, LEGEND)],
    }),
  ];
}

function heatPanels() {
  return [
    gpuLines({
      title: 'Temperature',
      description: 'Of each device.',
      unit: 'celsius',
      thresholds: worseAbove(75, 85),
      queries: [over(each('cim_gpu_temperature_celsius'), LEGEND)],
    }),
    gpuLines({
      title: 'Power by GPU',
      description: 'What each device draws.',
      unit: 'watt',
      stacked: true,
      queries: [over(each('cim_gpu_power_watts'), LEGEND)],
    }),
  ];
}

function refusalPanels() {
  return [
    gpuLines({
      title: 'Allocations refused by GPU',
      description:
        'Allocations of memory that failed: the work is too large for the device, or somebody does not give back.',
      unit: 'short',
      queries: [
        over(
          `sum by (node, gpu) (increase(cim_gpu_allocation_failures_total${CHOSEN}[$__rate_interval]))`,
          LEGEND,
        ),
      ],
    }),
    table({
      title: 'Every GPU',
      description: 'What each device is, and how it does.',
      unit: 'none',
      span: 12,
      sortBy: 'Memory used',
      empty: 'hardware',
      columns: [
        { label: 'node', title: 'Node' },
        { label: 'gpu', title: 'GPU' },
        { label: 'model', title: 'Model' },
        { title: 'Utilization', unit: 'percentunit', bar: true, expr: each('cim_gpu_utilization_ratio') },
        { title: 'Memory used', unit: 'bytes', expr: each('cim_gpu_memory_used_bytes') },
        { title: 'Memory', unit: 'bytes', expr: each('cim_gpu_memory_total_bytes') },
        {
          title: 'Temperature',
          unit: 'celsius',
          thresholds: worseAbove(75, 85),
          expr: each('cim_gpu_temperature_celsius'),
        },
        { title: 'Power', unit: 'watt', expr: each('cim_gpu_power_watts') },
      ],
    }),
  ];
}

const gpuLines = (face: Omit<TimeSeriesFace, 'span' | 'empty'>) =>
  timeSeries({ ...face, span: 12, empty: 'hardware' });
