import { barList } from '../parts/bar-list.js';
import { now } from '../parts/prometheus-query.js';
import { worseAbove } from '../parts/threshold-steps.js';
import { timeSeries } from '../parts/time-series.js';
import { byServer, byStream, rateByStream } from './lines.js';
import { SERVER_ID } from './selectors.js';

/** What JetStream keeps. */
export function storagePanels() {
  return [
    barList({
      title: 'Storage used',
      description:
        'Share of the file storage that JetStream may use. When it is full, publishing to streams fails.',
      unit: 'percentunit',
      span: 6,
      max: 1,
      thresholds: worseAbove(0.75, 0.9),
      queries: [
        now(
          `max by (server_id) (gnatsd_varz_jetstream_stats_storage${SERVER_ID}) / (max by (server_id) (gnatsd_varz_jetstream_config_max_storage${SERVER_ID}) > 0)`,
          '{{server_id}}',
        ),
      ],
    }),
    timeSeries({
      title: 'Storage',
      description: 'Bytes that JetStream keeps in files on each server.',
      unit: 'bytes',
      span: 9,
      queries: [byServer('gnatsd_varz_jetstream_stats_storage')],
    }),
    timeSeries({
      title: 'Memory storage',
      description: 'Bytes that JetStream keeps in memory on each server.',
      unit: 'bytes',
      span: 9,
      queries: [byServer('gnatsd_varz_jetstream_stats_memory')],
    }),
    timeSeries({
      title: 'Stored each second',
      description: 'Messages that each stream takes: the twenty busiest.',
      unit: 'mps',
      span: 8,
      queries: [rateByStream('jetstream_stream_last_seq')],
    }),
    timeSeries({
      title: 'Bytes of streams',
      description: 'What one copy of each stream holds: the twenty largest.',
      unit: 'bytes',
      span: 8,
      queries: [byStream('jetstream_stream_total_bytes')],
    }),
    timeSeries({
      title: 'Messages of streams',
      description: 'Messages that each stream holds: the twenty largest.',
      unit: 'short',
      span: 8,
      queries: [byStream('jetstream_stream_total_messages')],
    }),
  ];
}
