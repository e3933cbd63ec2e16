import { Breath } from '../../base/breath.js';
import type {
  AccountDetail,
  ConsumerDetail,
  JszDetail,
  SequencePair,
  SourceDetail,
  StreamDetail,
} from '../../nats/jsz-detail.js';
import type { DetailLimit } from './detail-limit.js';
import { type Columns, FamilyBook } from './family-book.js';
import { consumerKey, OTHER, streamKey } from './group-key.js';

type Labels = Readonly<Record<string, string>>;
type Values = (number | undefined)[];

const SERVER: Columns = {
  prefix: 'jetstream_server',
  names: [
    ['jetstream_disabled', '1 where JetStream is switched off.'],
    ['max_memory', 'Bytes of memory that JetStream may take.'],
    ['max_storage', 'Bytes on disk that JetStream may take.'],
    ['total_streams', 'Streams that the server has a part in.'],
    ['total_consumers', 'Consumers of these streams.'],
    ['total_messages', 'Messages in these streams.'],
    ['total_message_bytes', 'Bytes in these streams.'],
  ],
};

const ACCOUNT: Columns = {
  prefix: 'jetstream_account',
  names: [
    ['max_storage', 'Bytes on disk reserved for the account.'],
    ['max_memory', 'Bytes of memory reserved for the account.'],
    ['storage_used', 'Bytes on disk that the account takes.'],
    ['memory_used', 'Bytes of memory that the account takes.'],
  ],
};

const STREAM: Columns = {
  prefix: 'jetstream_stream',
  names: [
    ['total_messages', 'Messages in the stream.'],
    ['total_bytes', 'Bytes in the stream.'],
    ['first_seq', 'First sequence in the stream.'],
    ['last_seq', 'Last sequence in the stream.'],
    ['consumer_count', 'Consumers of the stream.'],
    ['subject_count', 'Subjects of which the stream holds messages.'],
    ['limit_bytes', 'Bytes that the stream may hold; -1 for no limit.'],
    ['limit_messages', 'Messages that the stream may hold; -1 for no limit.'],
  ],
};

const SOURCE: Columns = {
  prefix: 'jetstream_stream',
  names: [
    ['source_lag', 'Messages that the source has and the stream has not.'],
    ['source_active_duration_ns', 'Since the source was last heard, in nanoseconds; -1 for never.'],
  ],
};

const MIRROR: Columns = {
  prefix: 'jetstream_stream',
  names: [
    ['mirror_lag', 'Messages that the mirror has and the stream has not.'],
    ['mirror_active_duration_ns', 'Since the mirror was last heard, in nanoseconds; -1 for never.'],
  ],
};

const CONSUMER: Columns = {
  prefix: 'jetstream_consumer',
  names: [
    ['delivered_consumer_seq', 'Deliveries of the consumer so far.'],
    ['delivered_stream_seq', 'Sequence in the stream of the last delivery.'],
    ['num_ack_pending', 'Messages delivered and not yet acknowledged.'],
    ['num_redelivered', 'Messages delivered more than once and not yet acknowledged.'],
    ['num_waiting', 'Pull requests that wait for messages.'],
    ['num_pending', 'Messages that were not delivered yet.'],
    ['ack_floor_stream_seq', 'Sequence in the stream through which all is acknowledged.'],
    ['ack_floor_consumer_seq', 'Delivery through which all is acknowledged.'],
    ['last_delivery_seconds', 'Since the last delivery.'],
    ['last_ack_seconds', 'Since the last acknowledgement.'],
  ],
};

export interface JetStreamFigures {
  readonly book: FamilyBook;
  /** Keys of what was told as one. */
  readonly untold: ReadonlySet<string>;
}

/**
 * What prometheus-nats-exporter makes of /jsz with `-jsz=all`, in slices, between which others have their turn. Streams and
 * consumers beyond the limit are summed under the name `other`.
 */
export async function jetStreamFigures(
  serverId: string,
  serverName: string,
  page: JszDetail,
  limit: DetailLimit,
): Promise<JetStreamFigures> {
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
  telling.book.addRow(SERVER, server, [
    page.disabled ? 1 : 0,
    page.config?.max_memory ?? 0,
    page.config?.max_storage ?? 0,
    page.streams ?? 0,
    page.consumers ?? 0,
    page.messages ?? 0,
    page.bytes ?? 0,
  ]);
  for (const account of page.account_details ?? []) await telling.addAccount(server, account);
  telling.addSums();
  return telling;
}

class Telling implements JetStreamFigures {
  readonly book = new FamilyBook('/jsz');
  readonly untold = new Set<string>();
  readonly #serverName: string;
  readonly #limit: DetailLimit;
  readonly #breath = new Breath();
  /** Of what is told as one, by labels. */
  readonly #sums = new Map<string, { columns: Columns; labels: Labels; values: number[] }>();

  constructor(serverName: string, limit: DetailLimit) {
    this.#serverName = serverName;
    this.#limit = limit;
  }

  async addAccount(server: Labels, account: AccountDetail): Promise<void> {
    const labels = {
      ...server,
      account: account.name,
      account_name: account.name,
      account_id: account.id ?? account.name,
    };
    const values = [
      account.reserved_storage ?? 0,
      account.reserved_memory ?? 0,
      account.storage ?? 0,
      account.memory ?? 0,
    ];
    if (this.#limit.account(account.name)) this.book.addRow(ACCOUNT, labels, values);
    else this.#sum(ACCOUNT, { ...labels, ...OTHER_ACCOUNT }, values);
    for (const stream of account.stream_detail ?? []) {
      if (this.#breath.isDue) await this.#breath.take();
      this.#addStream(labels, account.name, stream);
    }
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
      this.book.addRow(STREAM, labels, [...streamValues(stream), ...limitValues(stream)]);
      // Several may have one source, each with other subjects: the last counts.
      const sources = new Map((stream.sources ?? []).map((source) => [sourceKey(source), source]));
      for (const source of sources.values()) this.#addSource('source', labels, source);
      if (stream.mirror !== undefined) this.#addSource('mirror', labels, stream.mirror);
    } else {
      this.untold.add(key);
      this.#sum(STREAM, labels, streamValues(stream));
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
    this.book.addRow(what === 'source' ? SOURCE : MIRROR, labels, [source.lag ?? 0, source.active ?? 0]);
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
      this.book.addRow(CONSUMER, labels, [...consumerValues(consumer), ...agesOf(consumer)]);
    } else {
      this.untold.add(key);
      this.#sum(CONSUMER, labels, consumerValues(consumer));
    }
  }

  /** Whether this server leads it; one that is not clustered leads all that it has. */
  #leads(cluster: StreamDetail['cluster']): string {
    return String(cluster === undefined || cluster.leader === this.#serverName);
  }

  #sum(columns: Columns, labels: Labels, values: Values): void {
    const identity = [columns.prefix, ...Object.values(labels)].join('\0');
    const sum = this.#sums.get(identity) ?? { columns, labels, values: values.map(() => 0) };
    this.#sums.set(identity, sum);
    for (const [column, value = 0] of values.entries()) sum.values[column]! += value;
  }

  addSums(): void {
    for (const { columns, labels, values } of this.#sums.values()) this.book.addRow(columns, labels, values);
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

const streamValues = ({ state = {} }: StreamDetail): Values => [
  state.messages ?? 0,
  state.bytes ?? 0,
  state.first_seq ?? 0,
  state.last_seq ?? 0,
  state.consumer_count ?? 0,
  state.num_subjects ?? 0,
];

const limitValues = ({ config }: StreamDetail): Values =>
  config === undefined ? [] : [config.max_bytes ?? 0, config.max_msgs ?? 0];

const consumerValues = ({ delivered = {}, ack_floor: floor = {}, ...consumer }: ConsumerDetail): Values => [
  delivered.consumer_seq ?? 0,
  delivered.stream_seq ?? 0,
  consumer.num_ack_pending ?? 0,
  consumer.num_redelivered ?? 0,
  consumer.num_waiting ?? 0,
  consumer.num_pending ?? 0,
  floor.stream_seq ?? 0,
  floor.consumer_seq ?? 0,
];

const agesOf = ({ delivered, ack_floor: floor, ts }: ConsumerDetail): Values => [
  ageOf(ts, delivered),
  ageOf(ts, floor),
];

const sourceKey = ({ name, external }: SourceDetail): string =>
  `${name} ${external?.api ?? ''} ${external?.deliver ?? ''}`;

/** Undefined when there was none yet. */
function ageOf(ts: string | undefined, at: SequencePair | undefined): number | undefined {
  if (at?.last_active === undefined || ts === undefined) return undefined;
  const ageMs = Date.parse(ts) - Date.parse(at.last_active);
  return Number.isNaN(ageMs) ? undefined : ageMs / 1000;
}
