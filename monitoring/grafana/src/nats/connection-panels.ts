import { over } from '../parts/prometheus-query.js';
import { worseAbove } from '../parts/threshold-steps.js';
import { timeSeries } from '../parts/time-series.js';
import { byOwnServer, byServer } from './lines.js';
import { SERVER, SERVER_ID } from './selectors.js';

/** Clients, and the servers among themselves. */
export function connectionPanels() {
  return [
    timeSeries({
      title: 'Connections',
      description: 'Clients connected to each server, and how many it takes.',
      unit: 'short',
      span: 8,
      decimals: 0,
      queries: [byServer('gnatsd_varz_connections')],
    }),
    timeSeries({
      title: 'Connections of those possible',
      description: 'At 100 % a server turns clients away.',
      unit: 'percentunit',
      span: 8,
      max: 1,
      thresholds: worseAbove(0.8, 0.95),
      queries: [
        over(
          `max by (server_id) (gnatsd_varz_connections${SERVER_ID}) / (max by (server_id) (gnatsd_varz_max_connections${SERVER_ID}) > 0)`,
          '{{server_id}}',
        ),
      ],
    }),
    timeSeries({
      title: 'Slow consumers',
      description:
        'Clients cut off because they did not read fast enough; what they had not read is lost to them. Bytes that wait for clients tell it before.',
      unit: 'short',
      span: 8,
      queries: [
        over(
          `max by (server_id) (increase(gnatsd_varz_slow_consumers${SERVER_ID}[$__rate_interval]))`,
          '{{server_id}}',
        ),
      ],
    }),
    timeSeries({
      title: 'Bytes that wait for clients',
      description: 'What servers have to give and clients have not read.',
      unit: 'bytes',
      span: 8,
      queries: [byServer('gnatsd_connz_pending_bytes')],
    }),
    timeSeries({
      title: 'Subscriptions',
      description: 'Interests that each server knows, those of other servers included.',
      unit: 'short',
      span: 8,
      decimals: 0,
      queries: [byServer('gnatsd_varz_subscriptions')],
    }),
    timeSeries({
      title: 'Routes',
      description:
        'Other servers that each server has a route to, and how many it should have. One fewer on two servers: the link between them is cut.',
      unit: 'short',
      span: 8,
      decimals: 0,
      limits: ['expected'],
      queries: [byOwnServer('cim_nats_routes'), over(`max(cim_nats_routes_expected${SERVER})`, 'expected')],
    }),
  ];
}
