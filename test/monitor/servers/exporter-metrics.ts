/**
 * What prometheus-nats-exporter serves with `-varz -connz -routez -healthz -jsz=all -use_internal_server_name` for a
 * nats-server 2.15.2 in a cluster, with a stream, a mirror, a stream with a source, and a consumer that has acknowledged.
 */
export interface ExportedMetric {
  readonly type: 'gauge' | 'counter';
  /** Sorted. */
  readonly labels: readonly string[];
}

const SERVER = ['server_id', 'server_name', 'cluster', 'domain', 'meta_leader', 'is_meta_leader'];
const ACCOUNT = [...SERVER, 'account', 'account_name', 'account_id'];
const STREAM = [...ACCOUNT, 'stream_name', 'stream_leader', 'is_stream_leader', 'stream_raft_group'];
const SOURCE = [...STREAM, 'source_name', 'source_api', 'source_deliver'];
const MIRROR = [...STREAM, 'mirror_name', 'mirror_api', 'mirror_deliver'];
const CONSUMER = [...STREAM, 'consumer_name', 'consumer_leader', 'is_consumer_leader', 'consumer_desc'];

const words = (text: string): string[] => text.trim().split(/\s+/);

const VARZ_NUMBERS = words(`
  auth_timeout cluster_pool_size config_load_time connections cores cpu gomaxprocs http_port https_port
  disk_io_wait_stats_max_wait_time disk_io_wait_stats_wait_time disk_io_wait_stats_waiters disk_io_wait_stats_waits
  http_req_stats_connz http_req_stats_healthz http_req_stats_jsz http_req_stats_routez http_req_stats_varz
  in_bytes in_client_bytes in_client_msgs in_msgs out_bytes out_client_bytes out_client_msgs out_msgs
  jetstream_config_max_memory jetstream_config_max_storage jetstream_config_sync_interval
  jetstream_limits_default_max_consumers jetstream_meta_cluster_size jetstream_meta_pending
  jetstream_meta_pending_infos jetstream_meta_pending_requests jetstream_meta_quorum_needed
  jetstream_meta_snapshot_pending_entries jetstream_meta_snapshot_pending_size jetstream_stats_accounts
  jetstream_stats_api_errors jetstream_stats_api_level jetstream_stats_api_total jetstream_stats_ha_assets
  jetstream_stats_memory jetstream_stats_reserved_memory jetstream_stats_reserved_storage jetstream_stats_storage
  leafnodes max_connections max_control_line max_payload max_pending mem ping_interval ping_max port proto
  remotes routes slow_consumer_stats_clients slow_consumer_stats_gateways slow_consumer_stats_leafs
  slow_consumer_stats_routes slow_consumers stale_connection_stats_clients stale_connection_stats_gateways
  stale_connection_stats_leafs stale_connection_stats_routes stale_connections stalled_clients start subscriptions
  tls_timeout total_connections write_deadline
`);
const VARZ_TEXTS = words(
  'cluster_name jetstream_meta_leader jetstream_meta_name server_id server_name version',
);

const FAMILIES: readonly (readonly [ExportedMetric['type'], string, readonly string[], readonly string[]])[] =
  [
    ['gauge', 'gnatsd_varz', ['server_id'], VARZ_NUMBERS],
    ['gauge', 'gnatsd_varz', ['server_id', 'value'], VARZ_TEXTS],
    ['gauge', 'gnatsd_routez', ['server_id'], ['num_routes']],
    ['gauge', 'gnatsd_routez', ['server_id', 'value'], ['server_id', 'server_name']],
    ['gauge', 'gnatsd_healthz', ['server_id'], ['status']],
    ['gauge', 'gnatsd_healthz', ['server_id', 'value'], ['status_value']],
    [
      'gauge',
      'gnatsd_connz',
      ['server_id'],
      words('limit num_connections offset pending_bytes subscriptions total'),
    ],
    ['counter', 'gnatsd_connz', ['server_id'], words('in_bytes in_msgs out_bytes out_msgs')],
    [
      'gauge',
      'jetstream_server',
      SERVER,
      words(`
      jetstream_disabled max_memory max_storage total_consumers total_message_bytes total_messages total_streams
    `),
    ],
    ['gauge', 'jetstream_account', ACCOUNT, words('max_memory max_storage memory_used storage_used')],
    [
      'gauge',
      'jetstream_stream',
      STREAM,
      words(`
      consumer_count first_seq last_seq limit_bytes limit_messages subject_count total_bytes total_messages
    `),
    ],
    ['gauge', 'jetstream_stream', SOURCE, ['source_lag', 'source_active_duration_ns']],
    ['gauge', 'jetstream_stream', MIRROR, ['mirror_lag', 'mirror_active_duration_ns']],
    [
      'gauge',
      'jetstream_consumer',
      CONSUMER,
      words(`
      ack_floor_consumer_seq ack_floor_stream_seq delivered_consumer_seq delivered_stream_seq last_ack_seconds
      last_delivery_seconds num_ack_pending num_pending num_redelivered num_waiting
    `),
    ],
  ];

/** By name. */
export const EXPORTED: ReadonlyMap<string, ExportedMetric> = new Map(
  FAMILIES.flatMap(([type, prefix, labels, names]) =>
    names.map((name) => [`${prefix}_${name}`, { type, labels: [...labels].sort() }] as const),
  ),
);
