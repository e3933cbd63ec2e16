import { Breath } from '../../base/breath.js';
import { NS, nowNs } from '../../base/clock.js';
import type { MetricFamily } from '../../contracts/metric.js';
import type { OwnEvent, OwnEventSink } from '../../contracts/own-event.js';
import type { ToldAdvisory } from '../../nats/advisories.js';
import { AdvisedGroups } from './advised-groups.js';
import type { DetailLimit } from './detail-limit.js';
import { groupFamilies, type OtherCounts } from './group-families.js';
import { streamKey } from './group-key.js';
import { collectGroups, type GroupName, type GroupPages } from './group-views.js';
import { type GroupState, judgeGroup, judgeSilence } from './judge-group.js';
import { RaftGroup } from './raft-group.js';

/** Groups that only advisories tell of: anybody may publish such. */
const MOST_UNSEEN = 1000;
const UNSEEN_FOR_NS = 60 * NS.s;
/** What is seen for longer after it was deleted was made anew, or never was deleted. */
const DELETED_FOR_NS = 60 * NS.s;

/** What is known of the servers when their pages are looked at together. */
export interface ServersKnown {
  /** Whether a server, by its own name, does not answer. */
  isAway(serverName: string): boolean;
  /** Whether it is one of those that are asked. */
  isWatched(serverName: string): boolean;
  /** What is older than that was there before it was looked at: by the server's clock, in milliseconds. */
  knownSinceMs(serverName: string): number;
  /** What its figures are told under. */
  label(serverName: string): string;
}

/** All Raft groups of a system: who leads, who lags, how often somebody was elected. */
export class GroupBook {
  readonly #groups = new Map<string, RaftGroup>();
  /** What was counted of those that are too many to tell apart. */
  readonly #others: OtherCounts = {
    meta: { elections: 0, quorumLost: 0 },
    stream: { elections: 0, quorumLost: 0 },
    consumer: { elections: 0, quorumLost: 0 },
  };
  readonly #advised = new AdvisedGroups();
  readonly #limit: DetailLimit;
  readonly #sink: OwnEventSink;
  #label: (serverName: string) => string = (name) => name;

  constructor(limit: DetailLimit, sink: OwnEventSink) {
    this.#limit = limit;
    this.#sink = sink;
  }

  /** The pages of all servers that answer, as they are now; one call at a time. */
  async settle(pages: readonly GroupPages[], known: ServersKnown): Promise<void> {
    const breath = new Breath();
    this.#label = known.label;
    for (const { jsz } of pages) this.#advised.learn(jsz);
    const now = nowNs();
    const seen = await collectGroups(pages, breath);
    for (const { views, ...name } of seen.values()) {
      if (breath.isDue) await breath.take();
      const group = this.#groupOf(name, now);
      group.seenNs = now;
      if (group.deletedNs !== undefined && now - group.deletedNs > DELETED_FOR_NS)
        group.deletedNs = undefined;
      this.#tell(group, judgeGroup(views, known.isAway), known);
      group.isTold = this.#isTold(name);
    }
    const answering = new Set(pages.map(({ server }) => server));
    for (const [key, group] of this.#groups) {
      if (breath.isDue) await breath.take();
      if (seen.has(key)) continue;
      if (this.#isGone(group, answering, known, now)) this.#groups.delete(key);
      else if (group.state !== undefined) this.#tell(group, judgeSilence(group.state, known.isAway), known);
    }
  }

  /** @param account in which it was heard; undefined where that is not known */
  onAdvisory(advisory: ToldAdvisory, account: string | undefined): void {
    const [, what] = advisory.kind.split('.');
    if (what !== 'LEADER_ELECTED' && what !== 'QUORUM_LOST' && what !== 'DELETED') return;
    const name = this.#advised.groupOf(advisory, account);
    if (name === undefined) return;
    if (what === 'DELETED') {
      // Anybody may say so: as long as a server tells of the group, it is there.
      const deleted = this.#groups.get(name.key);
      if (deleted !== undefined) deleted.deletedNs = nowNs();
      return;
    }
    if (name.kind !== 'meta' && !this.#groups.has(name.key) && this.#unseen() >= MOST_UNSEEN) return;
    const group = this.#groupOf(name, nowNs());
    if (what === 'QUORUM_LOST') {
      if (group.loseQuorum()) this.#say('QuorumLost', group, { seen: 'advisory' });
      return;
    }
    const leader = this.#advised.leaderOf(advisory);
    if (leader === undefined || advisory.atMs === undefined) return;
    if (group.hearLeader(leader, advisory.atMs)) {
      this.#say('LeaderElected', group, { leader: this.#label(leader), seen: 'advisory' });
    }
  }

  families(): Iterable<MetricFamily> {
    return groupFamilies([...this.#groups.values()], this.#others, this.#label);
  }

  /** Of a group that no server tells of: whether that is because there is none any more. */
  #isGone(
    { name, state, seenNs, deletedNs }: RaftGroup,
    answering: ReadonlySet<string>,
    known: ServersKnown,
    now: number,
  ): boolean {
    if (state === undefined) return now - seenNs > UNSEEN_FOR_NS;
    if (deletedNs !== undefined || state.members.some((member) => answering.has(member))) return true;
    if (!state.members.some((member) => known.isWatched(member))) return true;
    if (name.kind !== 'consumer') return false;
    const stream = this.#groups.get(streamKey(name.account, name.stream));
    return stream === undefined || stream.deletedNs !== undefined;
  }

  #tell(group: RaftGroup, state: GroupState, known: ServersKnown): void {
    const { leader, leaderSinceMs } = state;
    if (leader !== undefined) {
      const isNew = group.seeLeader(leader, leaderSinceMs, known.knownSinceMs(leader));
      if (isNew) this.#say('LeaderElected', group, { leader: known.label(leader), seen: 'page' });
    }
    const quorum = group.update(state);
    if (quorum === 'lost') this.#say('QuorumLost', group, { seen: 'page' });
    if (quorum === 'back') this.#say('QuorumRegained', group, { seen: 'page' });
  }

  #groupOf(name: GroupName, now: number): RaftGroup {
    const known = this.#groups.get(name.key);
    if (known !== undefined) return known;
    const group = new RaftGroup(name, now, this.#others[name.kind]);
    group.isTold = this.#isTold(name);
    this.#groups.set(name.key, group);
    return group;
  }

  #isTold({ key, kind }: GroupName): boolean {
    if (kind === 'meta') return true;
    return kind === 'stream' ? this.#limit.stream(key) : this.#limit.consumer(key);
  }

  #unseen(): number {
    let count = 0;
    for (const { state } of this.#groups.values()) if (state === undefined) count++;
    return count;
  }

  #say(type: string, group: RaftGroup, fields: OwnEvent['fields']): void {
    const { kind, account, stream, consumer } = group.name;
    this.#sink.publish({ domain: 'nats', type, fields: { kind, account, stream, consumer, ...fields } });
  }
}
