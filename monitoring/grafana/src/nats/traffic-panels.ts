import { timeSeries } from '../parts/time-series.js';
import { rateByServer } from './lines.js';

/** What goes through the servers. */
export function trafficPanels() {
  const panel = (title: string, description: string, metric: string, unit: string) =>
    timeSeries({
      title,
      description,
      unit,
      span: 6,
      stacked: true,
      queries: [rateByServer(metric)],
    });
  return [
    panel(
      'Messages in',
      'Messages that servers took, from clients and from each other.',
      'gnatsd_varz_in_msgs',
      'mps',
    ),
    panel(
      'Messages out',
      'Messages that servers gave, to clients and to each other.',
      'gnatsd_varz_out_msgs',
      'mps',
    ),
    panel('Bytes in', 'Bytes of payload that servers took.', 'gnatsd_varz_in_bytes', 'Bps'),
    panel('Bytes out', 'Bytes of payload that servers gave.', 'gnatsd_varz_out_bytes', 'Bps'),
  ];
}
