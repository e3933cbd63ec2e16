import { Breath } from '../../base/breath.js';
import { NS, nowNs } from '../../base/clock.js';
import type { MetricFamily } from '../../contracts/metric.js';
import type { OwnEvent, OwnEventSink } from '../../contracts/own-event.js';
import type { ToldAdvisory } from '../../nats/advisories.js';
import type { DetailLimit } from './detail-limit.js';
import { groupFamilies } from './group-families.js';
import { consumerKey, streamKey } from './group-key.js';
import { collectGroups, type GroupName, type GroupPages, META_GROUP } from './group-views.js';
import { type GroupState, judgeGroup, judgeSilence } from './judge-group.js';
import { RaftGroup } from './raft-group.js';

/** Groups that only advisories tell of: anybody may publish such. */
const MOST_UNSEEN = 1000;
const UNSEEN_FOR_NS = 60 * NS.s;

/** What is known of the servers when their pages are looked at together. */
export interface ServersKnown {
  /** Whether a server, by its own name, does not answer. */
  isAway(serverName: string): boolean;
  /** What is older than that was there before it was looked at: by the server's clock, in milliseconds. */
  knownSinceMs(serverName: string): number;
  /** What its figures are told under. */
  label(serverName: string): string;
}

/** All Raft groups of a system: who leads, who lags, how often somebody was elected. */
export class GroupBook {
  readonly #groups = new Map<string, RaftGroup>();
  readonly #limit: DetailLimit;
  readonly #sink: OwnEventSink;
  /** Names of servers, by their ids in the meta group. */
  readonly #namesOfPeers = new Map<string, string>();
  /** Names of accounts, by id. */
  readonly #namesOfAccounts = new Map<string, string>();
  #label: (serverName: string) => string = (name) => name;

  constructor(limit: DetailLimit, sink: OwnEventSink) {
    this.#limit = limit;
    this.#sink = sink;
  }

  /** The pages of all servers that answer, as they are now; one call at a time. */
  async settle(pages: readonly GroupPages[], known: ServersKnown): Promise<void> {
    const breath = new Breath();
    this.#label = known.label;
    for (const { jsz } of pages) this.#learnNames(jsz);
    const now = nowNs();
    const seen = await collectGroups(pages, breath);
    for (const [key, { views, ...name }] of seen) {
      if (breath.isDue) await breath.take();
      const group = this.#groupOf(name, now);
      group.seenNs = now;
      this.#tell(group, judgeGroup(views, known.isAway), known);
      if (key !== META_GROUP.key) group.isTold = this.#isTold(name);
    }
    const answering = new Set(pages.map(({ server }) => server));
    for (const [key, group] of this.#groups) {
      if (breath.isDue) await breath.take();
      if (seen.has(key)) continue;
      const { state } = group;
      if (
        state === undefined ? now - group.seenNs > UNSEEN_FOR_NS : state.members.some((m) => answering.has(m))
      ) {
        // One of its members would tell of it: it is gone.
        this.#groups.delete(key);
      } else if (state !== undefined) {
        this.#tell(group, judgeSilence(state, known.isAway), known);
      }
    }
  }

  /** @param account in which it was heard; undefined where that is not known */
  onAdvisory(advisory: ToldAdvisory, account: string | undefined): void {
    const [scope, what] = advisory.kind.split('.');
    if (what !== 'LEADER_ELECTED' && what !== 'QUORUM_LOST') return;
    const group = this.#groupOfAdvisory(scope, advisory, account);
    if (group === undefined) return;
    if (what === 'QUORUM_LOST') {
      if (group.loseQuorum()) this.#say('QuorumLost', group, { seen: 'advisory' });
      return;
    }
    const { leader = '', atMs } = advisory;
    const leaderName = scope === 'DOMAIN' ? this.#namesOfPeers.get(leader) : leader;
    if (!leaderName || atMs === undefined) return;
    if (group.elections.onAdvisory(leaderName, atMs)) {
      this.#say('LeaderElected', group, { leader: this.#label(leaderName), seen: 'advisory' });
    }
  }

  families(): Iterable<MetricFamily> {
    return groupFamilies([...this.#groups.values()], this.#label);
  }

  #tell(group: RaftGroup, state: GroupState, known: ServersKnown): void {
    const { leader, leaderSinceMs } = state;
    if (leader !== undefined) {
      const isNew = group.elections.onPage(leader, leaderSinceMs, known.knownSinceMs(leader));
      if (isNew) this.#say('LeaderElected', group, { leader: known.label(leader), seen: 'page' });
    }
    const quorum = group.update(state);
    if (quorum === 'lost') this.#say('QuorumLost', group, { seen: 'page' });
    if (quorum === 'back') this.#say('QuorumRegained', group, { seen: 'page' });
  }

  #groupOf(name: GroupName, now: number): RaftGroup {
    const known = this.#groups.get(name.key);
    if (known !== undefined) return known;
    const group = new RaftGroup(name, now);
    if (name.kind !== 'meta') group.isTold = this.#isTold(name);
    this.#groups.set(name.key, group);
    return group;
  }

  #isTold({ key, kind }: GroupName): boolean {
    return kind === 'stream' ? this.#limit.stream(key) : this.#limit.consumer(key);
  }

  #groupOfAdvisory(
    scope: string | undefined,
    { stream = '', consumer = '', account: id }: ToldAdvisory,
    heardIn: string | undefined,
  ): RaftGroup | undefined {
    const now = nowNs();
    if (scope === 'DOMAIN') return this.#groupOf(META_GROUP, now);
    if (stream === '') return undefined;
    const account = (id === undefined ? heardIn : (this.#namesOfAccounts.get(id) ?? id)) ?? '';
    const isConsumer = scope === 'CONSUMER' && consumer !== '';
    if (scope !== 'STREAM' && !isConsumer) return undefined;
    const key = isConsumer ? consumerKey(account, stream, consumer) : streamKey(account, stream);
    if (!this.#groups.has(key) && this.#unseen() >= MOST_UNSEEN) return undefined;
    const kind = isConsumer ? 'consumer' : 'stream';
    return this.#groupOf({ key, kind, account, stream, consumer: isConsumer ? consumer : '' }, now);
  }

  #unseen(): number {
    let count = 0;
    for (const { state } of this.#groups.values()) if (state === undefined) count++;
    return count;
  }

  #learnNames({ meta_cluster: meta, account_details: accounts = [] }: GroupPages['jsz']): void {
    if (meta?.leader && meta.peer) this.#namesOfPeers.set(meta.peer, meta.leader);
    for (const { name, peer } of meta?.replicas ?? []) if (peer) this.#namesOfPeers.set(peer, name);
    for (const { name, id } of accounts) if (id) this.#namesOfAccounts.set(id, name);
  }

  #say(type: string, group: RaftGroup, fields: OwnEvent['fields']): void {
    const { kind, account, stream, consumer } = group.name;
    this.#sink.publish({ domain: 'nats', type, fields: { kind, account, stream, consumer, ...fields } });
  }
}
