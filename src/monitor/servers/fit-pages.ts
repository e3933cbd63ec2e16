import { Breath } from '../../base/breath.js';
import type { HealthzPage, RoutezPage } from '../../nats/endpoints.js';
import type { AccountDetail, ConsumerDetail, JszDetail, StreamDetail } from '../../nats/jsz-detail.js';
import type { Connz } from './connection-figures.js';
import { fitted, isObject, listOf, type Shape } from './fitted.js';

/** Of each of the lists that no server has more of. */
const MOST_PEERS = 1000;
const MOST_ROUTES = 10_000;
const MOST_CONNECTIONS = 10_000;

/** What `/varz` says of the server itself. */
export interface VarzFacts {
  readonly server_id?: string;
  readonly server_name?: string;
  readonly version?: string;
  readonly cluster?: { readonly name?: string };
  readonly cpu?: number;
  readonly mem?: number;
  readonly connections?: number;
  readonly subscriptions?: number;
  readonly slow_consumers?: number;
  readonly in_msgs?: number;
  readonly out_msgs?: number;
  readonly in_bytes?: number;
  readonly out_bytes?: number;
}

const VARZ: Shape = {
  ...{ server_id: 'text', server_name: 'text', version: 'text', cluster: { name: 'text' } },
  ...{ cpu: 'number', mem: 'number', connections: 'number', subscriptions: 'number' },
  ...{ slow_consumers: 'number', in_msgs: 'number', out_msgs: 'number' },
  ...{ in_bytes: 'number', out_bytes: 'number' },
};

const ROUTEZ: Shape = {
  server_name: 'text',
  routes: { list: { remote_id: 'text', remote_name: 'text' }, most: MOST_ROUTES },
};

const CONNZ: Shape = {
  ...{ num_connections: 'number', total: 'number', offset: 'number', limit: 'number' },
  connections: {
    list: {
      ...{ pending_bytes: 'number', subscriptions: 'number' },
      ...{ in_bytes: 'number', out_bytes: 'number', in_msgs: 'number', out_msgs: 'number' },
    },
    most: MOST_CONNECTIONS,
  },
};

const HEALTHZ: Shape = { status: 'name', error: 'text' };

const GROUP = {
  leader: 'text',
  leader_since: 'text',
  replicas: {
    list: {
      ...{ name: 'name', peer: 'text', current: 'flag' },
      ...{ offline: 'flag', active: 'number', lag: 'number' },
    },
    most: MOST_PEERS,
  },
} as const satisfies Shape;

const SEQUENCES: Shape = { consumer_seq: 'number', stream_seq: 'number', last_active: 'text' };
const SOURCE: Shape = {
  ...{ name: 'name', lag: 'number', active: 'number' },
  external: { api: 'text', deliver: 'text' },
};

const JSZ: Shape = {
  ...{ now: 'text', disabled: 'flag', streams: 'number', consumers: 'number' },
  ...{ messages: 'number', bytes: 'number', storage: 'number' },
  config: { max_memory: 'number', max_storage: 'number', domain: 'text' },
  meta_cluster: { ...GROUP, name: 'text', peer: 'text', cluster_size: 'number' },
};
const ACCOUNT: Shape = {
  ...{ name: 'name', id: 'text', memory: 'number', storage: 'number' },
  ...{ reserved_memory: 'number', reserved_storage: 'number' },
};
const STREAM: Shape = {
  ...{ name: 'name', cluster: GROUP, stream_raft_group: 'text' },
  config: { max_bytes: 'number', max_msgs: 'number' },
  state: {
    ...{ messages: 'number', bytes: 'number', first_seq: 'number', last_seq: 'number' },
    ...{ consumer_count: 'number', num_subjects: 'number' },
  },
  mirror: SOURCE,
  sources: { list: SOURCE, most: MOST_PEERS },
};
const CONSUMER: Shape = {
  ...{ name: 'name', cluster: GROUP, config: { description: 'text' }, ts: 'text' },
  ...{ delivered: SEQUENCES, ack_floor: SEQUENCES },
  ...{ num_ack_pending: 'number', num_redelivered: 'number', num_waiting: 'number', num_pending: 'number' },
};

/** What of each page is as a server writes it: whatever answers in its place, the rest of the monitor can rely on that. */
export const fitVarz = (page: unknown) => fitted(page, VARZ) as VarzFacts | undefined;
export const fitRoutez = (page: unknown) => fitted(page, ROUTEZ) as RoutezPage | undefined;
export const fitConnz = (page: unknown) => fitted(page, CONNZ) as Connz | undefined;
export const fitHealthz = (page: unknown) => fitted(page, HEALTHZ) as HealthzPage | undefined;

/** In slices: there may be ten thousands of streams and consumers. Of two of one name the last counts. */
export async function fitJsz(page: unknown): Promise<JszDetail | undefined> {
  if (!isObject(page)) return undefined;
  const breath = new Breath();
  const accounts = new Map<string, AccountDetail>();
  for (const each of listOf(page.account_details)) {
    const account = fitted(each, ACCOUNT) as AccountDetail | undefined;
    if (account === undefined) continue;
    const streams = new Map<string, StreamDetail>();
    for (const one of listOf((each as { stream_detail?: unknown }).stream_detail)) {
      if (breath.isDue) await breath.take();
      const stream = fitted(one, STREAM) as StreamDetail | undefined;
      if (stream === undefined) continue;
      const consumers = new Map<string, ConsumerDetail>();
      for (const consumer of listOf((one as { consumer_detail?: unknown }).consumer_detail)) {
        if (breath.isDue) await breath.take();
        const fitting = fitted(consumer, CONSUMER) as ConsumerDetail | undefined;
        if (fitting !== undefined) consumers.set(fitting.name, fitting);
      }
      streams.set(stream.name, { ...stream, consumer_detail: [...consumers.values()] });
    }
    accounts.set(account.name, { ...account, stream_detail: [...streams.values()] });
  }
  return { ...(fitted(page, JSZ) as JszDetail), account_details: [...accounts.values()] };
}

/** Since when a server leads the meta group, by its own clock, in milliseconds; undefined where it does not, or does not say. */
export function metaLeaderSince(raftz: unknown): number | undefined {
  for (const groups of isObject(raftz) ? Object.values(raftz) : []) {
    const { _meta_: meta } = (fitted(groups, { _meta_: { state: 'text', leader_since: 'text' } }) ?? {}) as {
      readonly _meta_?: { readonly state?: string; readonly leader_since?: string };
    };
    if (meta?.state?.toUpperCase() === 'LEADER' && meta.leader_since !== undefined) {
      return Date.parse(meta.leader_since);
    }
  }
  return undefined;
}
