import type { Breath } from '../../base/breath.js';
import type { PeerState } from '../../nats/endpoints.js';
import type { JszDetail, RaftView } from '../../nats/jsz-detail.js';
import { consumerKey, META_KEY, streamKey } from './group-key.js';

/** What one server says of a Raft group that it is in. Servers by their own names. */
export interface GroupView {
  readonly server: string;
  /** Empty for none. */
  readonly leader: string;
  /** Of the leader's own view: since when, by its clock, in milliseconds. */
  readonly leaderSinceMs?: number;
  readonly replicas: readonly PeerState[];
  /** How many there are, where that is told apart from who they are. */
  readonly size?: number;
}

export interface GroupName {
  readonly key: string;
  readonly kind: 'meta' | 'stream' | 'consumer';
  readonly account: string;
  readonly stream: string;
  readonly consumer: string;
}

export interface GroupViews extends GroupName {
  readonly views: GroupView[];
}

/** The pages of one server that tell of Raft groups. */
export interface GroupPages {
  readonly server: string;
  readonly jsz: JszDetail;
  /** Since when it leads the meta group, by its own clock; undefined where it does not, or does not say. */
  readonly metaLeaderSinceMs: number | undefined;
}

export const META_GROUP: GroupName = { key: META_KEY, kind: 'meta', account: '', stream: '', consumer: '' };

/** Every Raft group of which one of these servers tells; those of one replica, too, where there is a cluster. */
export async function collectGroups(
  pages: Iterable<GroupPages>,
  breath: Breath,
): Promise<Map<string, GroupViews>> {
  const groups = new Map<string, GroupViews>();
  const add = (name: GroupName, view: GroupView) => {
    const known = groups.get(name.key);
    if (known === undefined) groups.set(name.key, { ...name, views: [view] });
    else known.views.push(view);
  };
  for (const { server, jsz, metaLeaderSinceMs } of pages) {
    if (jsz.meta_cluster !== undefined) {
      const { cluster_size: size } = jsz.meta_cluster;
      add(META_GROUP, { ...viewOf(server, jsz.meta_cluster, metaLeaderSinceMs), ...(size && { size }) });
    }
    for (const { name: account, stream_detail: streams = [] } of jsz.account_details ?? []) {
      for (const { name: stream, cluster, consumer_detail: consumers = [] } of streams) {
        if (cluster === undefined) continue;
        if (breath.isDue) await breath.take();
        const key = streamKey(account, stream);
        add({ key, kind: 'stream', account, stream, consumer: '' }, viewOf(server, cluster));
        for (const each of consumers) {
          if (each.cluster === undefined) continue;
          const name = { account, stream, consumer: each.name };
          add(
            { key: consumerKey(account, stream, each.name), kind: 'consumer', ...name },
            viewOf(server, each.cluster),
          );
        }
      }
    }
  }
  return groups;
}

function viewOf(
  server: string,
  view: RaftView,
  leaderSinceMs = Date.parse(view.leader_since ?? ''),
): GroupView {
  const { leader = '', replicas = [] } = view;
  const isOwn = leader === server && !Number.isNaN(leaderSinceMs);
  return { server, leader, replicas, ...(isOwn && { leaderSinceMs }) };
}
