import { NS } from '../../base/clock.js';
import type { PeerState } from '../../nats/endpoints.js';
import type { GroupView } from './group-views.js';

/** A follower answers its leader's heartbeat every second; after ten in vain the leader itself gives up. */
const MISSED_NS = 3 * NS.s;
const GIVEN_UP_NS = 10 * NS.s;

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
  const leader = leaderOf(views, quorum, isAway);
  const own = views.find((view) => view.server === leader);
  const away = members.filter((server) => isAway(server) && !isHeardOf(server, views)).length;
  return {
    members,
    leader,
    leaderSinceMs: own?.leaderSinceMs,
    replicas: replicasOf(views, own, isAway),
    isBelowQuorum: leader === undefined && members.length - away < quorum,
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

function leaderOf(
  views: readonly GroupView[],
  quorum: number,
  isAway: (server: string) => boolean,
): string | undefined {
  const votes = new Map<string, number>();
  for (const view of views) {
    if (view.leader === '' || !isHeard(view, isAway)) continue;
    votes.set(view.leader, (votes.get(view.leader) ?? 0) + 1);
  }
  for (const [leader, count] of votes) if (count >= quorum) return leader;
  return views.find(
    ({ server, leader, replicas }) =>
      server === leader &&
      1 + replicas.filter((replica) => replica.current && !isGone(replica, isAway)).length >= quorum &&
      !isOverruled(views, server),
  )?.server;
}

/** Who follows a leader that has just died names it for a moment longer, but hears nothing of it. */
const isHeard = ({ leader, replicas }: GroupView, isAway: (server: string) => boolean): boolean =>
  !replicas.some(
    (replica) => nameOf(replica) === leader && (replica.offline || (!replica.current && isAway(leader))),
  );

/** A server whose endpoint is slow may be well connected to the others. */
const isHeardOf = (server: string, views: readonly GroupView[]): boolean =>
  views.some(({ replicas }) =>
    replicas.some((replica) => nameOf(replica) === server && !!replica.active && replica.active < MISSED_NS),
  );

/** A server takes a minute to say of one that was killed that it is offline: that nobody hears of it is known before. */
function isGone(replica: PeerState, isAway: (server: string) => boolean): boolean {
  if (replica.offline) return true;
  const { active = 0, current } = replica;
  // A leader that was elected without it has never heard of it.
  const isSilent = active > MISSED_NS || (active === 0 && !current);
  return active > GIVEN_UP_NS || (isSilent && isAway(nameOf(replica)));
}

/** A leader that was cut off does not know of the new one for a while; those that follow that one do. */
const isOverruled = (views: readonly GroupView[], leader: string): boolean =>
  views.some((view) => view.leader !== leader && view.leader === view.server);

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
  own: GroupView | undefined,
  isAway: (server: string) => boolean,
): ReplicaState[] {
  if (own !== undefined) {
    const followers = own.replicas.map((replica) => ({
      server: nameOf(replica),
      offline: isGone(replica, isAway),
      current: replica.current ?? false,
      lag: replica.lag ?? 0,
    }));
    const leader = { server: own.server, offline: false, current: true, lag: 0 };
    // Whatever a server says, each is told of once.
    return [
      ...new Map(
        [leader, ...followers.filter(({ server }) => server !== own.server)].map((each) => [
          each.server,
          each,
        ]),
      ).values(),
    ];
  }
  // Whether a server is there is known without a leader, too.
  const answering = new Set(views.map(({ server }) => server));
  return membersOf(views).map((server) => ({
    server,
    offline: !answering.has(server) && (isAway(server) || isCalledOffline(server, views)),
  }));
}

const isCalledOffline = (server: string, views: readonly GroupView[]): boolean =>
  views.some(({ replicas }) =>
    replicas.some((replica) => nameOf(replica) === server && replica.offline === true),
  );

/** Of a server that another has not met yet, only the id is known. */
const nameOf = ({ name, peer }: PeerState): string =>
  peer !== undefined && name.includes('unknown') && name.includes(' ') ? peer : name;
