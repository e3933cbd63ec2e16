import type {
  AccountDetail,
  ConsumerDetail,
  JszDetail,
  SequencePair,
  SourceDetail,
  StreamDetail,
} from '../../nats/jsz-detail.js';
import type { DetailLimit } from './detail-limit.js';
import { FamilyBook } from './family-book.js';
import { consumerKey, OTHER, streamKey } from './group-key.js';

type Labels = Readonly<Record<string, string>>;
type Figure = readonly [name: string, help: string, value: number | undefined];

export interface JetStreamFigures {
  readonly book: FamilyBook;
  /** Keys of what was told as one. */
  readonly untold: ReadonlySet<string>;
}

/**
 * What prometheus-nats-exporter makes of /jsz with `-jsz=all`. Streams and consumers beyond the limit are summed under
 * the name `other`.
 */
export function jetStreamFigures(
  serverId: string,
  serverName: string,
  page: JszDetail,
  limit: DetailLimit,
): JetStreamFigures {
  const telling = new Telling(serverName, limit);
  const meta = page.meta_cluster;
  const server: Labels = {
    server_id: serverId,
    server_name: serverName,
    cluster: meta?.name ?? '',
    domain: page.config?.domain ?? '',
    meta_leader: meta?.leader ?? '',
    is_meta_leader: String(meta === undefined || meta.leader === serverName),
  };
  telling.add('jetstream_server', server, [
    ['jetstream_disabled', '1 where JetStream is switched off.', page.disabled ? 1 : 0],
    ['max_memory', 'Bytes of memory that JetStream may take.', page.config?.max_memory ?? 0],
    ['max_storage', 'Bytes on disk that JetStream may take.', page.config?.max_storage ?? 0],
    ['total_streams', 'Streams that the server has a part in.', page.streams ?? 0],
    ['total_consumers', 'Consumers of these streams.', page.consumers ?? 0],
    ['total_messages', 'Messages in these streams.', page.messages ?? 0],
    ['total_message_bytes', 'Bytes in these streams.', page.bytes ?? 0],
  ]);
  for (const account of page.account_details ?? []) telling.addAccount(server, account);
  telling.addSums();
  return telling;
}

class Telling implements JetStreamFigures {
  readonly book = new FamilyBook('/jsz');
  readonly untold = new Set<string>();
  readonly #serverName: string;
  readonly #limit: DetailLimit;
  /** Of what is told as one, by prefix and labels. */
  readonly #sums = new Map<string, { prefix: string; labels: Labels; figures: Map<string, Figure> }>();

  constructor(serverName: string, limit: DetailLimit) {
    this.#serverName = serverName;
    this.#limit = limit;
  }

  add(prefix: string, labels: Labels, figures: readonly Figure[]): void {
    for (const [name, help, value] of figures) {
      if (value !== undefined) this.book.add('gauge', `${prefix}_${name}`, help, labels, value);
    }
  }

  addAccount(server: Labels, account: AccountDetail): void {
    const labels = {
      ...server,
      account: account.name,
      account_name: account.name,
      account_id: account.id ?? account.name,
    };
    const accountFigures: Figure[] = [
      ['max_storage', 'Bytes on disk reserved for the account.', account.reserved_storage ?? 0],
      ['max_memory', 'Bytes of memory reserved for the account.', account.reserved_memory ?? 0],
      ['storage_used', 'Bytes on disk that the account takes.', account.storage ?? 0],
      ['memory_used', 'Bytes of memory that the account takes.', account.memory ?? 0],
    ];
    if (this.#limit.account(account.name)) this.add('jetstream_account', labels, accountFigures);
    else this.#sum('jetstream_account', { ...labels, ...OTHER_ACCOUNT }, accountFigures);
    for (const stream of account.stream_detail ?? []) this.#addStream(labels, account.name, stream);
  }

  #addStream(account: Labels, accountName: string, stream: StreamDetail): void {
    const key = streamKey(accountName, stream.name);
    const isTold = this.#limit.stream(key);
    const isLeader = this.#leads(stream.cluster);
    const labels: Labels = {
      ...account,
      ...(isTold ? {} : OTHER_ACCOUNT),
      stream_name: isTold ? stream.name : OTHER,
      stream_leader: isTold ? (stream.cluster?.leader ?? '') : '',
      is_stream_leader: isLeader,
      stream_raft_group: isTold ? (stream.stream_raft_group ?? '') : '',
    };
    if (isTold) {
      this.add('jetstream_stream', labels, [...streamFigures(stream), ...limitFigures(stream)]);
      for (const source of stream.sources ?? []) this.#addSource('source', labels, source);
      if (stream.mirror !== undefined) this.#addSource('mirror', labels, stream.mirror);
    } else {
      this.untold.add(key);
      this.#sum('jetstream_stream', labels, streamFigures(stream));
    }
    for (const consumer of stream.consumer_detail ?? []) {
      this.#addConsumer(labels, consumerKey(accountName, stream.name, consumer.name), consumer);
    }
  }

  #addSource(what: 'source' | 'mirror', stream: Labels, source: SourceDetail): void {
    const labels = {
      ...stream,
      [`${what}_name`]: source.name,
      [`${what}_api`]: source.external?.api ?? '',
      [`${what}_deliver`]: source.external?.deliver ?? '',
    };
    this.add('jetstream_stream', labels, [
      [`${what}_lag`, `Messages that the ${what} has and the stream has not.`, source.lag ?? 0],
      [
        `${what}_active_duration_ns`,
        `Since the ${what} was last heard, in nanoseconds; -1 for never.`,
        source.active ?? 0,
      ],
    ]);
  }

  #addConsumer(stream: Labels, key: string, consumer: ConsumerDetail): void {
    const isTold = this.#limit.consumer(key);
    const labels: Labels = {
      ...stream,
      ...(isTold ? {} : OTHER_STREAM),
      consumer_name: isTold ? consumer.name : OTHER,
      consumer_leader: isTold ? (consumer.cluster?.leader ?? '') : '',
      is_consumer_leader: this.#leads(consumer.cluster),
      consumer_desc: isTold ? (consumer.config?.description ?? '') : '',
    };
    if (isTold) {
      this.add('jetstream_consumer', labels, [...consumerFigures(consumer), ...agesOf(consumer)]);
    } else {
      this.untold.add(key);
      this.#sum('jetstream_consumer', labels, consumerFigures(consumer));
    }
  }

  /** Whether this server leads it; one that is not clustered leads all that it has. */
  #leads(cluster: StreamDetail['cluster']): string {
    return String(cluster === undefined || cluster.leader === this.#serverName);
  }

  #sum(prefix: string, labels: Labels, figures: readonly Figure[]): void {
    const identity = [prefix, ...Object.values(labels)].join('\0');
    const sum = this.#sums.get(identity) ?? { prefix, labels, figures: new Map<string, Figure>() };
    this.#sums.set(identity, sum);
    for (const [name, help, value = 0] of figures) {
      sum.figures.set(name, [name, help, (sum.figures.get(name)?.[2] ?? 0) + value]);
    }
  }

  addSums(): void {
    for (const { prefix, labels, figures } of this.#sums.values()) {
      this.add(prefix, labels, [...figures.values()]);
    }
  }
}

const OTHER_ACCOUNT = { account: OTHER, account_name: OTHER, account_id: OTHER };
const OTHER_STREAM = {
  ...OTHER_ACCOUNT,
  stream_name: OTHER,
  stream_leader: '',
  is_stream_leader: '',
  stream_raft_group: '',
};

const streamFigures = ({ state = {} }: StreamDetail): Figure[] => [
  ['total_messages', 'Messages in the stream.', state.messages ?? 0],
  ['total_bytes', 'Bytes in the stream.', state.bytes ?? 0],
  ['first_seq', 'First sequence in the stream.', state.first_seq ?? 0],
  ['last_seq', 'Last sequence in the stream.', state.last_seq ?? 0],
  ['consumer_count', 'Consumers of the stream.', state.consumer_count ?? 0],
  ['subject_count', 'Subjects of which the stream holds messages.', state.num_subjects ?? 0],
];

const limitFigures = ({ config }: StreamDetail): Figure[] =>
  config === undefined
    ? []
    : [
        ['limit_bytes', 'Bytes that the stream may hold; -1 for no limit.', config.max_bytes ?? 0],
        ['limit_messages', 'Messages that the stream may hold; -1 for no limit.', config.max_msgs ?? 0],
      ];

const consumerFigures = (consumer: ConsumerDetail): Figure[] => {
  const { delivered = {}, ack_floor: floor = {} } = consumer;
  return [
    ['delivered_consumer_seq', 'Deliveries of the consumer so far.', delivered.consumer_seq ?? 0],
    ['delivered_stream_seq', 'Sequence in the stream of the last delivery.', delivered.stream_seq ?? 0],
    ['num_ack_pending', 'Messages delivered and not yet acknowledged.', consumer.num_ack_pending ?? 0],
    [
      'num_redelivered',
      'Messages delivered more than once and not yet acknowledged.',
      consumer.num_redelivered ?? 0,
    ],
    ['num_waiting', 'Pull requests that wait for messages.', consumer.num_waiting ?? 0],
    ['num_pending', 'Messages that were not delivered yet.', consumer.num_pending ?? 0],
    [
      'ack_floor_stream_seq',
      'Sequence in the stream through which all is acknowledged.',
      floor.stream_seq ?? 0,
    ],
    ['ack_floor_consumer_seq', 'Delivery through which all is acknowledged.', floor.consumer_seq ?? 0],
  ];
};

const agesOf = ({ delivered, ack_floor: floor, ts }: ConsumerDetail): Figure[] => [
  ['last_delivery_seconds', 'Since the last delivery.', ageOf(ts, delivered)],
  ['last_ack_seconds', 'Since the last acknowledgement.', ageOf(ts, floor)],
];

/** Undefined when there was none yet. */
function ageOf(ts: string | undefined, at: SequencePair | undefined): number | undefined {
  if (at?.last_active === undefined || ts === undefined) return undefined;
  const ageMs = Date.parse(ts) - Date.parse(at.last_active);
  return Number.isNaN(ageMs) ? undefined : ageMs / 1000;
}
