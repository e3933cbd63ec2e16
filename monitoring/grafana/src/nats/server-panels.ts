import { worseAbove } from '../parts/threshold-steps.js';
import { timeSeries } from '../parts/time-series.js';
import { byOwnServer, byServer } from './lines.js';

/** What the servers need of their machines. */
export function serverPanels() {
  return [
    timeSeries({
      title: 'CPU',
      description: 'Of one core: 200 % are two cores.',
      unit: 'percent',
      span: 8,
      queries: [byServer('gnatsd_varz_cpu')],
    }),
    timeSeries({
      title: 'Memory',
      description: 'Resident memory of each server.',
      unit: 'bytes',
      span: 8,
      queries: [byServer('gnatsd_varz_mem')],
    }),
    timeSeries({
      title: 'Age of what is shown',
      description: 'Since each server last answered its probe. Its other figures are as old as this.',
      unit: 's',
      span: 8,
      thresholds: worseAbove(10, 30),
      queries: [byOwnServer('cim_nats_probe_age_seconds')],
    }),
  ];
}
