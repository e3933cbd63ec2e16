import type { PeerState } from '../../nats/endpoints.js';
import type { GroupView } from './group-views.js';

/** What the views of its members come to. */
export interface GroupState {
  readonly members: readonly string[];
  /** Whom a majority of the members follows; undefined for nobody. */
  readonly leader: string | undefined;
  readonly leaderSinceMs: number | undefined;
  /** The leader with those who follow it; where there is no leader, only who is offline is known. */
  readonly replicas: readonly ReplicaState[];
  /** So few members answer that they can elect nobody. */
  readonly isBelowQuorum: boolean;
}

export interface ReplicaState {
  readonly server: string;
  readonly offline: boolean;
  readonly current?: boolean;
  readonly lag?: number;
}

/**
 * A server that was cut off names an old leader for a while, and one that leads nobody still calls itself the leader: it
 * takes a majority, of the servers that answer or of those that the leader itself finds in touch.
 *
 * @param isAway whether a server does not answer
 */
export function judgeGroup(views: readonly GroupView[], isAway: (server: string) => boolean): GroupState {
  const members = membersOf(views);
  const size = Math.max(members.length, ...views.map((view) => view.size ?? 0));
  const quorum = Math.floor(size / 2) + 1;
  const leader = leaderOf(views, quorum);
  const own = views.find((view) => view.server === leader);
  const away = members.filter(isAway).length + size - members.length;
  return {
    members,
    leader,
    leaderSinceMs: own?.leaderSinceMs,
    replicas: replicasOf(views, leader, own),
    isBelowQuorum: leader === undefined && size - away < quorum,
  };
}

/** A group of which nobody tells any more, since all of its members are away. */
export function judgeSilence({ members }: GroupState, isAway: (server: string) => boolean): GroupState {
  return {
    members,
    leader: undefined,
    leaderSinceMs: undefined,
    replicas: members.map((server) => ({ server, offline: true })),
    isBelowQuorum: members.filter((server) => !isAway(server)).length < Math.floor(members.length / 2) + 1,
  };
}

function leaderOf(views: readonly GroupView[], quorum: number): string | undefined {
  const votes = new Map<string, number>();
  for (const view of views) {
    if (view.leader !== '' && isHeard(view)) votes.set(view.leader, (votes.get(view.leader) ?? 0) + 1);
  }
  for (const [leader, count] of votes) if (count >= quorum) return leader;
  return views.find(
    ({ server, leader, replicas }) =>
      server === leader && 1 + replicas.filter(isInTouch).length >= quorum && !isOverruled(views, server),
  )?.server;
}

/** Who follows a leader that has just died does not know better for a moment, but finds it offline. */
const isHeard = ({ leader, replicas }: GroupView): boolean =>
  !replicas.some((replica) => replica.name === leader && replica.offline === true);

/** A leader that was cut off does not know of the new one for a while; those that follow that one do. */
const isOverruled = (views: readonly GroupView[], leader: string): boolean =>
  views.some((view) => view.leader !== leader && view.leader === view.server);

const isInTouch = ({ current, offline }: PeerState): boolean => current && offline !== true;

function membersOf(views: readonly GroupView[]): string[] {
  const members = new Set<string>();
  for (const { server, leader, replicas } of views) {
    members.add(server);
    if (leader !== '') members.add(leader);
    for (const replica of replicas) members.add(nameOf(replica));
  }
  return [...members].sort();
}

function replicasOf(
  views: readonly GroupView[],
  leader: string | undefined,
  own: GroupView | undefined,
): ReplicaState[] {
  if (leader !== undefined && own !== undefined) {
    const followers = own.replicas.map((replica) => ({
      server: nameOf(replica),
      offline: replica.offline === true,
      current: replica.current,
      lag: replica.lag ?? 0,
    }));
    return [{ server: leader, offline: false, current: true, lag: 0 }, ...followers];
  }
  // Whether a server is connected is known to every other, a leader or not.
  const seen = new Map<string, ReplicaState>();
  for (const { server, replicas } of views) {
    seen.set(server, { server, offline: false });
    for (const replica of replicas) {
      const name = nameOf(replica);
      if (name !== server && !views.some((view) => view.server === name)) {
        seen.set(name, { server: name, offline: replica.offline === true });
      }
    }
  }
  return [...seen.values()];
}

/** Of a server that another has not met yet, only the id is known. */
const nameOf = ({ name, peer }: PeerState): string =>
  peer !== undefined && name.includes('unknown') && name.includes(' ') ? peer : name;
